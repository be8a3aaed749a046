#include "halftone/text/merge_table.h"

#include <bit>

namespace halftone {

MergeTable::MergeTable(std::size_t count) {
  const std::size_t size = std::bit_ceil(2 * count + 2);
  slots_.assign(size, {kNone, 0, 0});
  shift_ = 64 - std::countr_zero(size);
}

bool MergeTable::add(std::uint32_t left, std::uint32_t right, std::uint32_t rank, std::uint32_t id) {
  const std::uint64_t pair = key(left, right);
  Entry& entry = slots_[slot_of(pair)];
  if (entry.pair != kNone) return false;
  entry = {pair, rank, id};
  return true;
}

}  // namespace halftone
