#include "halftone/base/statistics.h"

#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace halftone {
namespace {

// The bounds are the p with |k/n - p| = z sqrt(p (1 - p) / n).
TEST(Statistics, WilsonsBoundsSolveTheirEquation) {
  for (const auto& [hits, trials] :
       std::vector<std::pair<double, std::size_t>>{{8, 10}, {700, 1000}, {1, 30}}) {
    const Interval interval = wilson_interval(hits, trials);
    const double n = static_cast<double>(trials);
    for (const double p : {interval.low, interval.high}) {
      EXPECT_NEAR(std::abs(hits / n - p), 1.959963984540054 * std::sqrt(p * (1 - p) / n), 1e-12);
    }
    EXPECT_LT(interval.low, hits / n);
    EXPECT_GT(interval.high, hits / n);
  }
}

TEST(Statistics, WilsonAtTheEndsKeepsWithinTheSharesAndHasWidth) {
  const double z2 = 1.959963984540054 * 1.959963984540054;
  EXPECT_EQ(wilson_interval(0, 10).low, 0);
  EXPECT_NEAR(wilson_interval(0, 10).high, z2 / (10 + z2), 1e-12);
  EXPECT_DOUBLE_EQ(wilson_interval(10, 10).high, 1);
  EXPECT_NEAR(wilson_interval(10, 10).low, 10 / (10 + z2), 1e-12);
}

TEST(Statistics, QuantilesAreLinearBetweenNeighbours) {
  const std::vector<double> values = {4, 1, 3, 2};
  EXPECT_EQ(quantile(values, 0), 1);
  EXPECT_EQ(quantile(values, 1), 4);
  EXPECT_NEAR(quantile(values, 0.5), 2.5, 1e-12);
  EXPECT_NEAR(quantile(values, 0.9), 3.7, 1e-12);
  EXPECT_EQ(quantile(std::vector<double>{7}, 0.3), 7);
}

// The mean of n throws of 0 and 1 is normal enough: half-width 1.96 sqrt(p (1 - p) / n).
TEST(Statistics, TheBootstrapOfAMeanHasTheWidthOfTheNormalLaw) {
  std::vector<double> values(1000, 0.0);
  std::fill_n(values.begin(), 300, 1.0);
  const Interval interval = bootstrap_mean_interval(values, 1);
  const double half = 1.96 * std::sqrt(0.3 * 0.7 / 1000);
  EXPECT_NEAR(interval.low, 0.3 - half, 0.002);
  EXPECT_NEAR(interval.high, 0.3 + half, 0.002);
}

TEST(Statistics, EqualValuesHaveNoWidth) {
  const Interval interval = bootstrap_mean_interval(std::vector<double>(7, 2.5), 3, 100);
  EXPECT_EQ(interval.low, 2.5);
  EXPECT_EQ(interval.high, 2.5);
}

TEST(Statistics, TheSeedDecidesAlone) {
  const std::vector<double> values = {1, 2, 3, 5, 8, 13};
  EXPECT_EQ(bootstrap_mean_interval(values, 5, 500).low, bootstrap_mean_interval(values, 5, 500).low);
  EXPECT_NE(bootstrap_mean_interval(values, 5, 500).high, bootstrap_mean_interval(values, 6, 500).high);
}

// Pairs that differ by a constant: their difference is known exactly however few rows are drawn.
TEST(Statistics, PairedRowsCancelWhatTheyShare) {
  const std::vector<double> before = {1, 9, 4, 7, 2}, after = {1.5, 9.5, 4.5, 7.5, 2.5};
  const auto difference = [&](std::span<const std::size_t> rows) {
    double sum = 0;
    for (const std::size_t row : rows) sum += after[row] - before[row];
    return sum / static_cast<double>(rows.size());
  };
  const Interval interval = bootstrap_interval(before.size(), difference, 1, 200);
  EXPECT_NEAR(interval.low, 0.5, 1e-12);
  EXPECT_NEAR(interval.high, 0.5, 1e-12);
}

TEST(Statistics, DiscordantRowsAreCounted) {
  const std::vector<std::uint8_t> first = {1, 1, 0, 0, 1}, second = {1, 0, 1, 0, 0};
  EXPECT_EQ(count_discordant(first, second).lost, 2u);
  EXPECT_EQ(count_discordant(first, second).gained, 1u);
}

TEST(Statistics, McNemarIsExactForFew) {
  EXPECT_EQ(mcnemar_p({0, 0}), 1);
  EXPECT_NEAR(mcnemar_p({5, 0}), 2.0 / 32, 1e-12);
  EXPECT_NEAR(mcnemar_p({0, 10}), 2.0 / 1024, 1e-12);
  EXPECT_NEAR(mcnemar_p({1, 9}), 2.0 * 11 / 1024, 1e-12);
  EXPECT_NEAR(mcnemar_p({4, 4}), 1, 1e-12);
  EXPECT_NEAR(mcnemar_p({2, 3}), 1, 1e-12);
}

TEST(Statistics, McNemarIsNormalForMany) {
  // z = (40 - 1) / sqrt(200) = 2.7577
  EXPECT_NEAR(mcnemar_p({120, 80}), std::erfc(39 / std::sqrt(200.0) / std::sqrt(2.0)), 1e-12);
  EXPECT_NEAR(mcnemar_p({100, 100}), 1, 1e-12);
  EXPECT_NEAR(mcnemar_p({60, 40}), mcnemar_p({61, 41}), 0.01);  // the two laws meet at a hundred
}

TEST(Statistics, VerdictsSayWhatTheIntervalSays) {
  EXPECT_EQ(verdict({-0.4, {-1.1, 0.3}}), "no loss seen: -0.4, interval -1.1 to +0.3");
  EXPECT_EQ(verdict({-2, {-3.14, -0.9}}), "loss: -2.0, interval -3.1 to -0.9");
  EXPECT_EQ(verdict({2, {0.9, 3.1}}), "gain: +2.0, interval +0.9 to +3.1");
  EXPECT_EQ(verdict({0, {-8, 7}, 5}), "too few rows to tell: +0.0, interval -8.0 to +7.0");
  EXPECT_EQ(verdict({-0.4, {-1.1, 0.3}, 5}), "no loss seen: -0.4, interval -1.1 to +0.3");
  EXPECT_EQ(verdict({0.12, {0.05, 0.2}, 0, false}), "loss: +0.12, interval +0.05 to +0.20");
  EXPECT_EQ(verdict({-0.001, {-0.002, -0.0004}, 0, false}), "gain: -0.0010, interval -0.0020 to -0.0004");
  EXPECT_EQ(verdict({-0.01, {-0.7, 0.6}}), "no loss seen: +0.0, interval -0.7 to +0.6");
}

}  // namespace
}  // namespace halftone
