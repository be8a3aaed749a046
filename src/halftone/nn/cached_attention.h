// Attention of single rows over keys and values that were kept: one step of decoding.
#pragma once

#include <cstdint>
#include <span>

#include "halftone/tensor/tensor.h"

namespace halftone {

// What one row sees.
struct KeptKeys {
  Tensor keys, values;      // [kv_heads, capacity, dim], contiguous, of the queries' type and device
  std::int64_t length = 0;  // positions that are filled, at least 1
};

// softmax(q_i K_i^T * scale) V_i for every row i over the first `length` positions of kept[i]. q [rows, heads,
// dim]; head h reads kv head h / (heads / kv_heads). Returns [rows, heads * dim]. On the CPU in float32 and
// bfloat16 one pass over the kept numbers without copies, sums in float32; elsewhere one product a row.
Tensor cached_attention(const Tensor& q, std::span<const KeptKeys> kept, double scale);

}  // namespace halftone
