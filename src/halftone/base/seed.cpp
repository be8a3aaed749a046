#include "halftone/base/seed.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace halftone {
namespace {

// FNV-1a, 64 bits; a separator byte keeps ("ab","c") apart from ("a","bc").
std::uint64_t fold(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return (hash ^ 0xFF) * 0x100000001B3ULL;
}

}  // namespace

std::uint64_t seed_for(std::uint64_t run, std::string_view purpose, std::string_view place) {
  std::uint64_t hash = fold(fold(0xCBF29CE484222325ULL, purpose), place);
  Random mix(hash ^ (run * 0x9E3779B97F4A7C15ULL));
  return mix.next();
}

std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

__extension__ typedef unsigned __int128 Wide;

std::uint64_t Random::below(std::uint64_t bound) {
  // Lemire 2019: multiply-shift with rejection of the short last interval.
  while (true) {
    const auto product = static_cast<Wide>(next()) * bound;
    const auto low = static_cast<std::uint64_t>(product);
    if (low >= bound || low >= (0 - bound) % bound) return static_cast<std::uint64_t>(product >> 64);
  }
}

double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

double Random::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

std::vector<std::size_t> shuffled(std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random(seed);
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

}  // namespace halftone
