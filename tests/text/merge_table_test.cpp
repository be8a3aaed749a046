#include "halftone/text/merge_table.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace halftone {
namespace {

TEST(MergeTable, AnEmptyOneHasNoMerges) {
  EXPECT_EQ(MergeTable().find(1, 2), nullptr);
  EXPECT_EQ(MergeTable(0).find(1, 2), nullptr);
}

TEST(MergeTable, AgreesWithAMap) {
  std::mt19937 random(2);
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> map;
  MergeTable table(20000);
  for (std::uint32_t rank = 0; rank < 20000; ++rank) {
    const std::uint32_t left = random() % 500, right = random() % 500;
    EXPECT_EQ(table.add(left, right, rank, rank + 1), map.emplace(std::pair(left, right), rank).second);
  }
  for (std::uint32_t left = 0; left < 510; ++left) {
    for (std::uint32_t right = 0; right < 510; ++right) {
      const auto known = map.find({left, right});
      const auto* found = table.find(left, right);
      ASSERT_EQ(found != nullptr, known != map.end());
      if (!found) continue;
      ASSERT_EQ(found->rank, known->second);
      ASSERT_EQ(found->id, known->second + 1);
    }
  }
}

}  // namespace
}  // namespace halftone
