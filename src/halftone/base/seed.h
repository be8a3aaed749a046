// Random numbers that depend on what they are for, never on order, threads or resumption.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace halftone {

// A 64-bit seed from the run's seed, a purpose ("shuffle", "rotate") and a place ("language.3.down").
std::uint64_t seed_for(std::uint64_t run, std::string_view purpose, std::string_view place = {});

// SplitMix64 (Steele, Lea, Flood 2014): small, portable, the same on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t bound);  // uniform in [0, bound), bound > 0
  double uniform();                          // [0, 1)
  double normal();                           // mean 0, deviation 1

 private:
  std::uint64_t state_;
};

// Fisher-Yates permutation of 0 .. count-1.
std::vector<std::size_t> shuffled(std::size_t count, std::uint64_t seed);

}  // namespace halftone
