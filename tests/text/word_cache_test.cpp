#include "halftone/text/word_cache.h"

#include <string>

#include <gtest/gtest.h>

namespace halftone {
namespace {

std::vector<std::int64_t> ids_of(int i) { return {i, i + 1, i + 2}; }

TEST(WordCache, RemembersWords) {
  WordCache cache;
  EXPECT_TRUE(cache.find("word").empty());
  cache.put("word", ids_of(3));
  const auto found = cache.find("word");
  EXPECT_EQ(std::vector(found.begin(), found.end()), ids_of(3));
  EXPECT_TRUE(cache.find("wor").empty());
}

TEST(WordCache, NeverAnswersWithAnotherWordsIds) {
  WordCache cache;
  int kept = 0;
  for (int i = 0; i < 300000; ++i) cache.put("word" + std::to_string(i), ids_of(i));
  for (int i = 0; i < 300000; ++i) {
    const auto found = cache.find("word" + std::to_string(i));
    if (found.empty()) continue;
    ++kept;
    ASSERT_EQ(std::vector(found.begin(), found.end()), ids_of(i));
  }
  EXPECT_GT(kept, 10000) << "it forgets when it is full, but not everything for good";
}

TEST(WordCache, LeavesLongWordsAlone) {
  WordCache cache;
  const std::string longest(WordCache::kMaxWordBytes, 'x');
  cache.put(longest, ids_of(1));
  cache.put(longest + "x", ids_of(2));
  EXPECT_EQ(cache.find(longest).size(), 3u);
  EXPECT_TRUE(cache.find(longest + "x").empty());
}

}  // namespace
}  // namespace halftone
