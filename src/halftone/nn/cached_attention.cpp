#include "halftone/nn/cached_attention.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/stack.h>

#include "halftone/base/error.h"
#include "halftone/tensor/simd.h"

namespace halftone {
namespace {

constexpr std::int64_t kGrain = 1 << 16;  // products that are worth a thread

// One kv head: the queries of its group [group, dim] over length rows of k and v.
struct Head {
  std::int64_t group, dim, length;
  float scale;
};

HALFTONE_SIMD_CLONES
void widen(const std::uint16_t* from, std::int64_t count, float* to) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i)
    to[i] = std::bit_cast<float>(static_cast<std::uint32_t>(from[i]) << 16);
}

HALFTONE_SIMD_CLONES
float dot(const float* a, const float* b, std::int64_t count) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

HALFTONE_SIMD_CLONES
void add_scaled(const float* a, float factor, std::int64_t count, float* out) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) out[i] += factor * a[i];
}

// x becomes exp(x - shift), their sum is returned; shift is the largest x. 2^n times a polynomial of the rest,
// relative error 2e-7; below -87 as at -87, which is 2e-38.
HALFTONE_SIMD_CLONES
float exponentials(float* x, std::int64_t count, float shift) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < count; ++i) {
    const float v = std::max(x[i] - shift, -87.0f);
    const float n = static_cast<float>(static_cast<std::int32_t>(v * 1.44269504f - 0.5f));
    const float r = (v - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    const auto power = static_cast<std::uint32_t>(static_cast<std::int32_t>(n) + 127) << 23;
    x[i] = p * std::bit_cast<float>(power);
    sum += x[i];
  }
  return sum;
}

// The rows of a head as float32, one by one.
struct FloatRows {
  const float* data;
  const float* row(std::int64_t t, std::int64_t dim, float*) const { return data + t * dim; }
};
struct HalfRows {
  const std::uint16_t* data;
  const float* row(std::int64_t t, std::int64_t dim, float* wide) const {
    widen(data + t * dim, dim, wide);
    return wide;
  }
};

// scratch: dim floats, then group * length for the scores. out [group, dim].
template <class Rows>
void attend_head(const Head& h, const float* q, Rows keys, Rows values, float* scratch, float* out) {
  float* wide = scratch;
  float* scores = scratch + h.dim;
  for (std::int64_t t = 0; t < h.length; ++t) {
    const float* key = keys.row(t, h.dim, wide);
    for (std::int64_t j = 0; j < h.group; ++j)
      scores[j * h.length + t] = dot(q + j * h.dim, key, h.dim) * h.scale;
  }
  for (std::int64_t j = 0; j < h.group; ++j) {
    float* row = scores + j * h.length;
    const float sum = exponentials(row, h.length, *std::max_element(row, row + h.length));
    for (std::int64_t t = 0; t < h.length; ++t) row[t] /= sum;
  }
  std::fill(out, out + h.group * h.dim, 0.0f);
  for (std::int64_t t = 0; t < h.length; ++t) {
    const float* value = values.row(t, h.dim, wide);
    for (std::int64_t j = 0; j < h.group; ++j)
      add_scaled(value, scores[j * h.length + t], h.dim, out + j * h.dim);
  }
}

template <class Rows, class Number>
void attend_all(const Tensor& q, std::span<const KeptKeys> kept, float scale, const Tensor& out) {
  const std::int64_t heads = q.size(1), dim = q.size(2), kv_heads = kept[0].keys.size(0);
  const std::int64_t group = heads / kv_heads, items = q.size(0) * kv_heads;
  std::int64_t longest = 0;
  for (const auto& k : kept) longest = std::max(longest, k.length);
  const auto* queries = q.const_data_ptr<float>();
  auto* results = out.mutable_data_ptr<float>();
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / (group * dim * longest));
  at::parallel_for(0, items, grain, [&](std::int64_t first, std::int64_t last) {
    std::vector<float> scratch(static_cast<std::size_t>(dim + group * longest));
    for (std::int64_t item = first; item < last; ++item) {
      const KeptKeys& k = kept[static_cast<std::size_t>(item / kv_heads)];
      const std::int64_t skip = item % kv_heads * k.keys.size(1) * dim;
      const auto* keys = static_cast<const Number*>(k.keys.const_data_ptr()) + skip;
      const auto* values = static_cast<const Number*>(k.values.const_data_ptr()) + skip;
      const Head head{group, dim, k.length, scale};
      attend_head(head, queries + item * group * dim, Rows{keys}, Rows{values}, scratch.data(),
                  results + item * group * dim);
    }
  });
}

Tensor by_products(const Tensor& q, std::span<const KeptKeys> kept, double scale) {
  std::vector<Tensor> rows;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const KeptKeys& k = kept[i];
    const std::int64_t kv_heads = k.keys.size(0), dim = q.size(2);
    const Tensor query = q[static_cast<std::int64_t>(i)].view({1, kv_heads, q.size(1) / kv_heads, dim});
    const auto filled = [&](const Tensor& t) { return t.narrow(1, 0, k.length).unsqueeze(0); };
    rows.push_back(
        at::scaled_dot_product_attention(query, filled(k.keys), filled(k.values), {}, 0.0, false, scale)
            .reshape({q.size(1) * dim}));
  }
  return at::stack(rows);
}

}  // namespace

Tensor cached_attention(const Tensor& q, std::span<const KeptKeys> kept, double scale) {
  HALFTONE_ASSERT(q.size(0) == static_cast<std::int64_t>(kept.size()));
  const Tensor flat = q.contiguous();
  const bool half = q.scalar_type() == at::kBFloat16;
  if (kept.empty()) return flat.view({0, q.size(1) * q.size(2)});
  if (!q.is_cpu() || (!half && q.scalar_type() != at::kFloat)) return by_products(flat, kept, scale);
  const Tensor wide = flat.to(at::kFloat), out = at::empty_like(wide);
  half ? attend_all<HalfRows, std::uint16_t>(wide, kept, static_cast<float>(scale), out)
       : attend_all<FloatRows, float>(wide, kept, static_cast<float>(scale), out);
  return out.view({q.size(0), q.size(1) * q.size(2)}).to(q.scalar_type());
}

}  // namespace halftone
