#include "halftone/eval/weight_store.h"

#include "tests/support/small_model.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone::test {
namespace {

// Names of the blocks that a visit shows, and every weight's sum.
std::vector<std::pair<std::string, double>> sums(WeightStore& store, std::size_t first, std::size_t last) {
  std::vector<std::pair<std::string, double>> seen;
  store.visit(first, last, [&](const Block& block, const BlockWeights& weights, const OpsTaps&) {
    double sum = 0;
    for (std::size_t i = 0; i < block.slots.size(); ++i) {
      if (!block.slots[i].lookup) sum += weights.values[i].sum(at::kDouble).item<double>();
    }
    seen.emplace_back(block.name, sum);
  });
  return seen;
}

TEST(WeightStoreTest, WhatIsStreamedIsWhatIsKept) {
  const SmallModel model(2);
  const std::size_t blocks = model.checkpoint.spec.graph.blocks.size();
  WeightStore all(model.checkpoint, at::kFloat, at::kCPU, -1), none(model.checkpoint, at::kFloat, at::kCPU, 0),
      some(model.checkpoint, at::kFloat, at::kCPU, all.kept_bytes() / 2);
  EXPECT_TRUE(all.whole());
  EXPECT_EQ(all.streamed_bytes(), 0);
  EXPECT_FALSE(none.whole());
  EXPECT_EQ(none.kept_bytes(), 0);
  EXPECT_FALSE(some.whole());
  EXPECT_GT(some.kept_bytes(), 0);
  EXPECT_LE(some.kept_bytes(), all.kept_bytes() / 2);
  const auto whole = sums(all, 0, blocks);
  ASSERT_EQ(whole.size(), blocks);
  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_EQ(sums(none, 0, blocks), whole);
    EXPECT_EQ(sums(some, 0, blocks), whole);
  }
  EXPECT_THAT(sums(some, 3, 5), testing::ElementsAre(whole[3], whole[4]));
}

TEST(WeightStoreTest, AMatrixThatTwoBlocksReadIsInMemoryOnce) {
  const SmallModel model;
  WeightStore store(model.checkpoint, at::kFloat, at::kCPU, -1);
  std::map<std::string, const void*> data;
  store.visit(0, model.checkpoint.spec.graph.blocks.size(),
              [&](const Block& block, const BlockWeights& weights, const OpsTaps&) {
                for (std::size_t i = 0; i < block.slots.size(); ++i) {
                  EXPECT_EQ(weights.values[i].scalar_type(), at::kFloat) << block.slots[i].name;
                  data[block.slots[i].name] = weights.values[i].const_data_ptr();
                }
              });
  ASSERT_TRUE(data.contains("embed.tokens") && data.contains("head"));
  EXPECT_EQ(data["embed.tokens"], data["head"]);
}

}  // namespace
}  // namespace halftone::test
