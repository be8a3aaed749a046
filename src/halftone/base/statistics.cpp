#include "halftone/base/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "halftone/base/error.h"
#include "halftone/base/seed.h"

namespace halftone {
namespace {

constexpr double kNormal975 = 1.959963984540054;

double sorted_quantile(std::span<const double> sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const std::size_t below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Interval percentiles(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return {sorted_quantile(numbers, 0.025), sorted_quantile(numbers, 0.975)};
}

// P(X <= k) of `n` throws of a fair coin.
double binomial_tail(std::size_t k, std::size_t n) {
  const double trials = static_cast<double>(n);
  double sum = 0;
  for (std::size_t i = 0; i <= k; ++i) {
    const double hits = static_cast<double>(i);
    sum += std::exp(std::lgamma(trials + 1) - std::lgamma(hits + 1) - std::lgamma(trials - hits + 1) -
                    trials * std::log(2.0));
  }
  return sum;
}

// One decimal where the interval is wide enough to be read in tenths, else as many as it takes.
int decimals(const Interval& interval) {
  const double width = interval.high - interval.low;
  if (!(width > 0) || width >= 0.5) return 1;
  return std::min(6, static_cast<int>(std::ceil(-std::log10(width))) + 1);
}

}  // namespace

Interval wilson_interval(double successes, std::size_t trials) {
  HALFTONE_ASSERT(trials > 0 && successes >= 0 && successes <= static_cast<double>(trials));
  const double n = static_cast<double>(trials), p = successes / n, z2 = kNormal975 * kNormal975;
  const double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = kNormal975 * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n);
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

double quantile(std::span<const double> values, double q) {
  HALFTONE_ASSERT(!values.empty() && q >= 0 && q <= 1);
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted_quantile(sorted, q);
}

Interval bootstrap_interval(std::size_t units, const Resampled& number, std::uint64_t seed, std::size_t draws) {
  HALFTONE_ASSERT(units > 0 && draws > 0);
  Random random(seed_for(seed, "bootstrap"));
  std::vector<std::size_t> drawn(units);
  std::vector<double> numbers(draws);
  for (double& result : numbers) {
    for (std::size_t& unit : drawn) unit = random.below(units);
    result = number(drawn);
  }
  return percentiles(std::move(numbers));
}

Interval bootstrap_mean_interval(std::span<const double> values, std::uint64_t seed, std::size_t draws) {
  const auto mean = [&](std::span<const std::size_t> rows) {
    double sum = 0;
    for (const std::size_t row : rows) sum += values[row];
    return sum / static_cast<double>(rows.size());
  };
  return bootstrap_interval(values.size(), mean, seed, draws);
}

Discordant count_discordant(std::span<const std::uint8_t> first, std::span<const std::uint8_t> second) {
  HALFTONE_ASSERT(first.size() == second.size());
  Discordant counts;
  for (std::size_t i = 0; i < first.size(); ++i) {
    counts.lost += first[i] != 0 && second[i] == 0;
    counts.gained += first[i] == 0 && second[i] != 0;
  }
  return counts;
}

double mcnemar_p(Discordant counts) {
  const std::size_t n = counts.lost + counts.gained, fewer = std::min(counts.lost, counts.gained);
  if (n == 0) return 1;
  if (n <= kExactDiscordant) return std::min(1.0, 2 * binomial_tail(fewer, n));
  const double apart = static_cast<double>(n - 2 * fewer);
  const double z = std::max(0.0, apart - 1) / std::sqrt(static_cast<double>(n));
  return std::erfc(z / std::sqrt(2.0));
}

std::string verdict(const Difference& difference) {
  const auto& [low, high] = difference.interval;
  const bool fell = high<0, rose = low> 0;
  const char* words = "no loss seen";
  if (fell || rose) {
    words = fell == difference.higher_better ? "loss" : "gain";
  } else if (difference.margin > 0 && (high - low) / 2 > difference.margin) {
    words = "too few rows to tell";
  }
  const int places = decimals(difference.interval);
  // + 0.0 turns a negative zero, which would print as "-0.0", into zero.
  const auto shown = [&](double value) {
    const double scale = std::pow(10, places);
    return fmt::format("{:+.{}f}", std::round(value * scale) / scale + 0.0, places);
  };
  return fmt::format("{}: {}, interval {} to {}", words, shown(difference.value), shown(low), shown(high));
}

}  // namespace halftone
