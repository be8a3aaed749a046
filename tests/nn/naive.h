// Layers as their papers write them, in double and with plain loops: what the fast ones are compared with.
#pragma once

#include <cmath>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include "halftone/nn/attention.h"
#include "halftone/tensor/tensor.h"

namespace halftone::naive {

inline Tensor random(std::vector<std::int64_t> shape, std::uint64_t seed, at::ScalarType type = at::kFloat) {
  return at::randn(shape, at::detail::createCPUGenerator(seed), at::kDouble).to(type);
}

inline double relative_difference(const Tensor& expected, const Tensor& actual) {
  const Tensor wide = expected.to(at::kDouble);
  return ((actual.to(at::kDouble) - wide).abs().max() / wide.abs().max().clamp_min(1e-30)).item<double>();
}

inline Spans spans_of(const std::vector<std::int64_t>& sizes) {
  Spans spans;
  for (const std::int64_t size : sizes) spans.add(size);
  return spans;
}

// q [rows, heads, dim], k and v [rows, kv_heads, dim], double -> [rows, heads * dim].
inline Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const Spans& spans, bool causal,
                        double scale) {
  const std::int64_t heads = q.size(1), group = heads / k.size(1);
  Tensor out = at::zeros(q.sizes(), at::kDouble);
  for (std::size_t s = 0; s < spans.count(); ++s) {
    for (std::int64_t row = spans.begin(s); row < spans.begin(s) + spans.size(s); ++row) {
      const std::int64_t first = spans.begin(s), count = causal ? row - first + 1 : spans.size(s);
      for (std::int64_t head = 0; head < heads; ++head) {
        const Tensor keys = k.select(1, head / group).narrow(0, first, count);
        const Tensor weights = ((keys * q[row][head]).sum(1) * scale).exp();
        const Tensor mixed = v.select(1, head / group).narrow(0, first, count) * weights.unsqueeze(1);
        out[row][head].copy_(mixed.sum(0) / weights.sum());
      }
    }
  }
  return out.flatten(1);
}

// x [rows, heads, dim] double, angles [rows, dim / 2]: channels d and d + dim / 2 turn together.
inline Tensor rope(const Tensor& x, const Tensor& angles) {
  const std::int64_t half = x.size(2) / 2;
  const Tensor a = x.narrow(2, 0, half), b = x.narrow(2, half, half);
  const Tensor cos = angles.to(at::kDouble).unsqueeze(1).cos(), sin = angles.to(at::kDouble).unsqueeze(1).sin();
  return at::cat({a * cos - b * sin, b * cos + a * sin}, 2);
}

// theta^(-2k / dim), double.
inline Tensor frequencies(std::int64_t dim, double theta) {
  Tensor result = at::zeros({dim / 2}, at::kDouble);
  for (std::int64_t k = 0; k < dim / 2; ++k)
    result[k] = std::pow(theta, -2.0 * static_cast<double>(k) / static_cast<double>(dim));
  return result;
}

inline Tensor rms_norm(const Tensor& x, const Tensor& gain, double eps) {
  return x / (x.square().mean(-1, true) + eps).sqrt() * gain;
}

inline Tensor layer_norm(const Tensor& x, const Tensor& gain, const Tensor& shift, double eps) {
  const Tensor centred = x - x.mean(-1, true);
  return rms_norm(centred, gain, eps) + shift;
}

}  // namespace halftone::naive
