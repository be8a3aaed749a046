// Keys and values of the sequences that are being generated, per block and sequence, each in a buffer that
// grows.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "halftone/model/ops.h"
#include "halftone/nn/attention.h"
#include "halftone/tensor/tensor.h"

namespace halftone {

class KvCache {
 public:
  // Opens a sequence and returns its number; numbers of closed ones come again. Room for `expected` positions
  // is taken at the first write.
  int open(std::int64_t expected);
  void close(int sequence);

  // Adds the keys and values of a batch to the sequences, span i to sequences[i], and gives causal attention
  // over all that each holds. q [rows, heads, dim], k and v [rows, kv_heads, dim] -> [rows, heads * dim]. Where
  // every sequence was empty in that block, this is attention() of the packed rows.
  Tensor attend(const std::string& block, const Tensor& q, const Tensor& k, const Tensor& v, const Spans& spans,
                double scale, std::span<const int> sequences);
  // Taps with this cache behind attend. The cache must outlive them.
  OpsTaps taps(OpsTaps base, std::vector<int> sequences);

  // Positions that a block holds of a sequence.
  std::int64_t length(const std::string& block, int sequence) const;
  std::int64_t bytes() const;

 private:
  struct Kept {
    Tensor keys, values;  // [kv_heads, capacity, dim]
    std::int64_t length = 0;
  };
  void append(Kept& kept, const Tensor& k, const Tensor& v, std::int64_t expected);

  std::map<std::string, std::vector<Kept>> blocks_;  // by sequence
  std::vector<std::int64_t> expected_;               // by sequence; -1: closed
};

}  // namespace halftone
