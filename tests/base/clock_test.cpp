#include "halftone/base/clock.h"

#include <chrono>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

namespace halftone {
namespace {

using std::chrono::milliseconds;

TEST(Stopwatch, CountsUpwardsInSeconds) {
  const Stopwatch watch;
  std::this_thread::sleep_for(milliseconds(20));
  const double first = watch.seconds();
  EXPECT_GE(first, 0.02);
  EXPECT_LT(first, 20.0);
  EXPECT_GE(watch.seconds(), first);
}

TEST(Zone, AddsItsLifetimeAndSumsVisits) {
  ZoneTimes times;
  for (int i = 0; i < 2; ++i) {
    const Zone zone(times, "solve");
    std::this_thread::sleep_for(milliseconds(10));
  }
  times.add("pack", 1.5);
  ASSERT_EQ(times.totals().size(), 2u);
  EXPECT_GE(times.totals().at("solve"), 0.02);
  EXPECT_EQ(times.totals().at("pack"), 1.5);
}

TEST(Zone, CountsALifetimeThatAnErrorEnds) {
  ZoneTimes times;
  EXPECT_THROW(
      {
        const Zone zone(times, "solve");
        throw std::runtime_error("stop");
      },
      std::runtime_error);
  EXPECT_EQ(times.totals().count("solve"), 1u);
}

}  // namespace
}  // namespace halftone
