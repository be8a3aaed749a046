#include "halftone/base/log.h"

#include <cstdio>
#include <cstdlib>

#include <gtest/gtest.h>

namespace halftone {
namespace {

// The levels are read once per process, so each case asks in a process of its own.
[[noreturn]] void exit_with(bool good) { std::exit(good ? 0 : 1); }

void check(const char* setting, bool (*expected)()) {
  EXPECT_EXIT(
      {
        if (setting) setenv("HALFTONE_LOG", setting, 1);
        if (!setting) unsetenv("HALFTONE_LOG");
        exit_with(expected());
      },
      testing::ExitedWithCode(0), "")
      << (setting ? setting : "unset");
}

TEST(Log, IsOffUnlessAsked) {
  const auto silent = [] { return !log_enabled("io", LogLevel::debug) && !log_enabled("io", LogLevel::error); };
  check(nullptr, silent);
  check("", silent);
  check("off", silent);
  check("nonsense", silent);
  check("nonsense=,=,,", silent);
}

TEST(Log, OneWordIsTheLevelOfAllRooms) {
  check("warn", [] {
    return !log_enabled("io", LogLevel::info) && log_enabled("io", LogLevel::warn) &&
           log_enabled("engine", LogLevel::error);
  });
  check("debug", [] { return log_enabled("io", LogLevel::debug); });
}

TEST(Log, RoomsHaveTheirOwnLevels) {
  check("engine=debug,io=error", [] {
    return log_enabled("engine", LogLevel::debug) && !log_enabled("io", LogLevel::warn) &&
           log_enabled("io", LogLevel::error) && !log_enabled("quant", LogLevel::error);
  });
  check("info,io=off",
        [] { return log_enabled("quant", LogLevel::info) && !log_enabled("io", LogLevel::error); });
}

TEST(Log, LinesGoToStderrWithRoomAndLevel) {
  EXPECT_EXIT(
      {
        setenv("HALFTONE_LOG", "debug", 1);
        log_debug("engine", "block {} of {}", 3, 60);
        std::exit(0);
      },
      testing::ExitedWithCode(0), "debug engine: block 3 of 60");
}

TEST(Log, ALineWithBracesIsNoFormat) {
  EXPECT_EXIT(
      {
        log_line("io", LogLevel::error, "{} {nothing}");
        std::exit(0);
      },
      testing::ExitedWithCode(0), "io: \\{\\} \\{nothing\\}");
}

TEST(Log, WhatIsOffIsNotFormatted) {
  EXPECT_EXIT(
      {
        unsetenv("HALFTONE_LOG");
        log_debug("engine", "never {}", 1);
        std::exit(0);
      },
      testing::ExitedWithCode(0), "^$");
}

}  // namespace
}  // namespace halftone
