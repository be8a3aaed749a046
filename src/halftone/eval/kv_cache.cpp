#include "halftone/eval/kv_cache.h"

#include <algorithm>
#include <cstring>

#include <ATen/ops/empty.h>

#include "halftone/base/error.h"
#include "halftone/nn/cached_attention.h"

namespace halftone {
namespace {

constexpr std::int64_t kGrowth = 64;  // positions that a full buffer gains at least

// rows [n, kv_heads, dim] into places [at, at + n) of kept [kv_heads, capacity, dim].
void place(const Tensor& rows, std::int64_t at, const Tensor& kept) {
  const std::int64_t count = rows.size(0), heads = rows.size(1), capacity = kept.size(1);
  if (!rows.is_cpu()) {
    kept.narrow(1, at, count).copy_(rows.transpose(0, 1));
    return;
  }
  const Tensor from = rows.contiguous();
  const auto bytes = static_cast<std::size_t>(rows.size(2)) * rows.element_size();
  const auto* source = static_cast<const std::byte*>(from.const_data_ptr());
  auto* target = static_cast<std::byte*>(kept.mutable_data_ptr());
  for (std::int64_t t = 0; t < count; ++t) {
    for (std::int64_t h = 0; h < heads; ++h) {
      std::memcpy(target + static_cast<std::size_t>(h * capacity + at + t) * bytes,
                  source + static_cast<std::size_t>(t * heads + h) * bytes, bytes);
    }
  }
}

Tensor grown(const Tensor& kept, std::int64_t length, const Tensor& like, std::int64_t capacity) {
  Tensor larger = at::empty({like.size(1), capacity, like.size(2)}, like.options());
  if (length > 0) larger.narrow(1, 0, length).copy_(kept.narrow(1, 0, length));
  return larger;
}

}  // namespace

int KvCache::open(std::int64_t expected) {
  const auto free = std::find(expected_.begin(), expected_.end(), -1);
  const auto sequence = static_cast<int>(free - expected_.begin());
  if (free == expected_.end()) expected_.push_back(0);
  expected_[static_cast<std::size_t>(sequence)] = std::max<std::int64_t>(expected, 1);
  return sequence;
}

void KvCache::close(int sequence) {
  const auto index = static_cast<std::size_t>(sequence);
  HALFTONE_ASSERT(index < expected_.size() && expected_[index] >= 0);
  expected_[index] = -1;
  for (auto& [block, kept] : blocks_) {
    if (index < kept.size()) kept[index] = {};
  }
}

void KvCache::append(Kept& kept, const Tensor& k, const Tensor& v, std::int64_t expected) {
  const std::int64_t needed = kept.length + k.size(0);
  const std::int64_t capacity = kept.keys.defined() ? kept.keys.size(1) : 0;
  if (needed > capacity) {
    const std::int64_t more = capacity == 0 ? std::max(needed, expected)
                                            : std::max(needed, capacity + std::max(kGrowth, capacity / 2));
    kept.keys = grown(kept.keys, kept.length, k, more);
    kept.values = grown(kept.values, kept.length, v, more);
  }
  place(k, kept.length, kept.keys);
  place(v, kept.length, kept.values);
  kept.length = needed;
}

Tensor KvCache::attend(const std::string& block, const Tensor& q, const Tensor& k, const Tensor& v,
                       const Spans& spans, double scale, std::span<const int> sequences) {
  HALFTONE_ASSERT(spans.count() == sequences.size());
  std::vector<Kept>& kept = blocks_[block];
  kept.resize(std::max(kept.size(), expected_.size()));
  bool fresh = true;
  std::vector<KeptKeys> seen;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const auto index = static_cast<std::size_t>(sequences[i]);
    const std::int64_t past = kept[index].length, first = spans.begin(i), count = spans.size(i);
    fresh = fresh && past == 0;
    append(kept[index], k.narrow(0, first, count), v.narrow(0, first, count), expected_[index]);
    for (std::int64_t t = 1; t <= count; ++t) seen.push_back({kept[index].keys, kept[index].values, past + t});
  }
  return fresh ? attention(q, k, v, spans, /*causal=*/true, scale) : cached_attention(q, seen, scale);
}

OpsTaps KvCache::taps(OpsTaps base, std::vector<int> sequences) {
  base.attend = [this, sequences = std::move(sequences)](const Block& block, const Tensor& q, const Tensor& k,
                                                         const Tensor& v, const Spans& spans, double scale) {
    return attend(block.name, q, k, v, spans, scale, sequences);
  };
  return base;
}

std::int64_t KvCache::length(const std::string& block, int sequence) const {
  const auto found = blocks_.find(block);
  const auto index = static_cast<std::size_t>(sequence);
  return found == blocks_.end() || index >= found->second.size() ? 0 : found->second[index].length;
}

std::int64_t KvCache::bytes() const {
  std::int64_t sum = 0;
  for (const auto& [block, kept] : blocks_) {
    for (const auto& k : kept)
      sum += k.keys.defined() ? static_cast<std::int64_t>(k.keys.nbytes() + k.values.nbytes()) : 0;
  }
  return sum;
}

}  // namespace halftone
