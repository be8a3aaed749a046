// The merges of a BPE model by the pair of ids that they join.
#pragma once

#include <cstdint>
#include <vector>

namespace halftone {

class MergeTable {
 public:
  struct Entry {
    std::uint64_t pair;
    std::uint32_t rank;
    std::uint32_t id;  // of the joined token
  };

  MergeTable() = default;
  // Makes room for `count` merges; not more may be added.
  explicit MergeTable(std::size_t count);

  // False when the pair is already there.
  bool add(std::uint32_t left, std::uint32_t right, std::uint32_t rank, std::uint32_t id);
  // nullptr when the two do not merge.
  const Entry* find(std::uint32_t left, std::uint32_t right) const {
    if (slots_.empty()) return nullptr;
    const Entry& entry = slots_[slot_of(key(left, right))];
    return entry.pair == kNone ? nullptr : &entry;
  }

 private:
  static constexpr std::uint64_t kNone = UINT64_MAX;  // ids end at 2^31 - 2
  static std::uint64_t key(std::uint32_t left, std::uint32_t right) {
    return static_cast<std::uint64_t>(left) << 32 | right;
  }
  std::size_t slot_of(std::uint64_t pair) const {
    std::size_t slot = (pair * 0x9E3779B97F4A7C15u) >> shift_;
    while (slots_[slot].pair != kNone && slots_[slot].pair != pair) slot = (slot + 1) & (slots_.size() - 1);
    return slot;
  }

  std::vector<Entry> slots_;
  int shift_ = 64;
};

}  // namespace halftone
