// Remembers the ids of short words: texts repeat them, and joining is the expensive part of encoding.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

// One thread at a time. Bounded: when it is full it forgets everything, and a word that finds no place near its
// own is not kept.
class WordCache {
 public:
  static constexpr std::size_t kMaxWordBytes = 64;

  // The ids put for word; valid until the next put. nullptr data when the word is not there.
  std::span<const std::int64_t> find(std::string_view word) const;
  void put(std::string_view word, std::span<const std::int64_t> ids);

 private:
  struct Slot {
    std::uint32_t letters = 0, ids = 0;  // offsets
    std::uint32_t tag = 0;               // high half of the hash
    std::uint8_t length = 0, count = 0;  // bytes of the word (0: empty), its ids
  };
  // Index of the word's slot, or of the first empty one near its place, or kNowhere.
  std::size_t slot_of(std::string_view word) const;
  static constexpr std::size_t kNowhere = SIZE_MAX;

  std::vector<Slot> slots_;
  std::string letters_;
  std::vector<std::int64_t> ids_;
};

}  // namespace halftone
