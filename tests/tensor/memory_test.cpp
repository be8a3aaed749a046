#include "halftone/tensor/memory.h"

#include <cstring>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace halftone {
namespace {

constexpr std::int64_t kMiB = 1 << 20;

// Many small pieces, so that they come from the heap and not from mappings of their own.
using Pieces = std::vector<std::unique_ptr<char[]>>;

Pieces touch(std::int64_t bytes) {
  constexpr std::int64_t kPiece = 64 << 10;
  Pieces pieces;
  for (std::int64_t i = 0; i < bytes / kPiece; ++i) {
    pieces.push_back(std::make_unique<char[]>(kPiece));
    std::memset(pieces.back().get(), 1, kPiece);
  }
  return pieces;
}

TEST(Memory, ResidentFollowsWhatIsTouchedAndReleased) {
  const std::int64_t before = resident_bytes();
  EXPECT_GT(before, kMiB);
  Pieces pieces = touch(256 * kMiB);
  const std::int64_t held = resident_bytes();
  EXPECT_GT(held, before + 200 * kMiB);
  pieces.clear();
  release_free_memory();
  EXPECT_LT(resident_bytes(), held - 200 * kMiB);
}

TEST(Memory, ThePeakStaysWhenMemoryIsGivenBack) {
  const std::int64_t base = resident_bytes();
  touch(128 * kMiB);
  release_free_memory();
  EXPECT_GT(peak_resident_bytes(), base + 100 * kMiB);
}

TEST(Memory, TheMachineHasMoreThanTheProcessUses) {
  EXPECT_GT(machine_memory_bytes(), resident_bytes());
  EXPECT_LT(machine_memory_bytes(), std::int64_t{1} << 50);
}

}  // namespace
}  // namespace halftone
