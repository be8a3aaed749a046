// Intervals and tests for scores: how far a number made from rows can be trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace halftone {

struct Interval {
  double low = 0, high = 0;
};

inline constexpr std::size_t kBootstrapDraws = 10000;

// The 95 % interval of a share of right answers (Wilson 1927): `successes` in [0, trials], trials > 0. Within
// [0, 1], and of some width even where all answers are right.
Interval wilson_interval(double successes, std::size_t trials);

// The value below which the share q of the values lies, linear between neighbours. Not empty; q in [0, 1].
double quantile(std::span<const double> values, double q);

// A number made from resampled units: their indices, each below the number of units, some more than once.
using Resampled = std::function<double(std::span<const std::size_t> units)>;

// The 95 % percentile interval of a number (Efron 1979): `draws` times as many units are drawn with replacement
// as there are. With two systems run on the same units and a number that is their difference this is the paired
// bootstrap. The seed decides alone. units, draws > 0.
Interval bootstrap_interval(std::size_t units, const Resampled& number, std::uint64_t seed,
                            std::size_t draws = kBootstrapDraws);
// The same of the mean of values.
Interval bootstrap_mean_interval(std::span<const double> values, std::uint64_t seed,
                                 std::size_t draws = kBootstrapDraws);

// Of rows answered by two systems: those that the first alone has right, and those that the second alone has.
struct Discordant {
  std::size_t lost = 0, gained = 0;
};

// right[i] not 0 where row i is right. Equal lengths.
Discordant count_discordant(std::span<const std::uint8_t> first, std::span<const std::uint8_t> second);

// The two-sided p of McNemar's test (1947) that lost and gained are as likely: the exact binomial for up to
// kExactDiscordant of them, else the normal law of z = (|lost - gained| - 1) / sqrt(lost + gained). None: 1.
inline constexpr std::size_t kExactDiscordant = 100;
double mcnemar_p(Discordant counts);

// What a difference (second minus first) and its interval say, in one line:
// "no loss seen: -0.4, interval -1.1 to +0.3". `margin` is the half-width, in the same unit, from which an
// interval that holds zero is too wide to say so: "too few rows to tell: ...".
struct Difference {
  double value = 0;
  Interval interval;
  double margin = 0;  // 0: never too wide
  bool higher_better = true;
};
std::string verdict(const Difference& difference);

}  // namespace halftone
