#include "halftone/base/seed.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace halftone {
namespace {

// Values of the reference implementation (prng.di.unimi.it/splitmix64.c) for the seed 1234567.
TEST(Random, IsSplitMix64) {
  Random random(1234567);
  for (const std::uint64_t expected : {6457827717110365317ULL, 3203168211198807973ULL, 9817491932198370423ULL,
                                       4593380528125082431ULL, 16408922859458223821ULL}) {
    EXPECT_EQ(random.next(), expected);
  }
}

TEST(Random, BelowStaysBelowAndReachesEverything) {
  Random random(1);
  std::map<std::uint64_t, int> counts;
  for (int i = 0; i < 70000; ++i) ++counts[random.below(7)];
  EXPECT_EQ(counts.size(), 7u);
  EXPECT_EQ(counts.rbegin()->first, 6u);
  // 10000 expected, deviation 93; six deviations.
  for (const auto& [value, count] : counts) EXPECT_NEAR(count, 10000, 560) << value;
}

TEST(Random, BelowTheEdges) {
  Random random(2);
  const std::uint64_t top = ~std::uint64_t{0};
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(random.below(1), 0u);
    EXPECT_LT(random.below(top), top);
    EXPECT_LT(random.below((std::uint64_t{1} << 63) + 1), (std::uint64_t{1} << 63) + 1);
  }
}

TEST(Random, UniformFillsTheUnitInterval) {
  Random random(3);
  double sum = 0, low = 1, high = 0;
  constexpr int kCount = 100000;
  for (int i = 0; i < kCount; ++i) {
    const double value = random.uniform();
    sum += value;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  EXPECT_GE(low, 0.0);
  EXPECT_LT(low, 1e-3);
  EXPECT_LT(high, 1.0);
  EXPECT_GT(high, 1 - 1e-3);
  EXPECT_NEAR(sum / kCount, 0.5, 6 * std::sqrt(1.0 / 12 / kCount));
}

TEST(Random, NormalHasMeanZeroAndDeviationOne) {
  Random random(4);
  double sum = 0, squares = 0, fourths = 0;
  constexpr int kCount = 200000;
  for (int i = 0; i < kCount; ++i) {
    const double value = random.normal();
    ASSERT_TRUE(std::isfinite(value));
    sum += value;
    squares += value * value;
    fourths += std::pow(value, 4);
  }
  EXPECT_NEAR(sum / kCount, 0, 6 * std::sqrt(1.0 / kCount));
  EXPECT_NEAR(squares / kCount, 1, 6 * std::sqrt(2.0 / kCount));
  EXPECT_NEAR(fourths / kCount, 3, 6 * std::sqrt(96.0 / kCount));
}

TEST(Seed, DependsOnRunPurposeAndPlaceAlone) {
  EXPECT_EQ(seed_for(1, "rotate", "language.3"), seed_for(1, "rotate", "language.3"));
  std::set<std::uint64_t> seeds;
  for (const std::uint64_t run : {0, 1, 2}) {
    for (const char* purpose : {"rotate", "shuffle", "", "ab", "a"}) {
      for (const char* place : {"", "language.3", "language.4", "c", "bc"}) {
        seeds.insert(seed_for(run, purpose, place));
      }
    }
  }
  EXPECT_EQ(seeds.size(), 3u * 5 * 5);  // ("ab","c") and ("a","bc") among them
}

TEST(Seed, IsTheSameOnEveryMachine) {
  // FNV-1a and SplitMix64 worked out in Python: a resumed run must find its own random numbers again.
  EXPECT_EQ(seed_for(0, "shuffle"), 5081932787838853137ULL);
  EXPECT_EQ(seed_for(42, "rotate", "language.3.down"), 2089405915074460243ULL);
}

TEST(Shuffled, IsAPermutation) {
  for (const std::size_t count : {0, 1, 2, 100}) {
    auto order = shuffled(count, 5);
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(order[i], i);
    EXPECT_EQ(order.size(), count);
  }
}

TEST(Shuffled, EveryOrderIsAsLikely) {
  std::map<std::vector<std::size_t>, int> counts;
  for (std::uint64_t seed = 0; seed < 24000; ++seed) ++counts[shuffled(4, seed)];
  EXPECT_EQ(counts.size(), 24u);
  // 1000 expected, deviation 31; six deviations.
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 186);
}

}  // namespace
}  // namespace halftone
