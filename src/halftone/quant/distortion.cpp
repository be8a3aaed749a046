#include "halftone/quant/distortion.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/ops/mm.h>

#include "halftone/tensor/simd.h"

namespace halftone {
namespace {

struct Sums {
  double squared = 0, power = 0;
  float peak = 0;
  std::int64_t nonzero = 0, zeroed = 0;
};

HALFTONE_SIMD_CLONES
void add_row(const float* w, const float* approximation, std::int64_t n, Sums& sums) {
  float squared = 0, power = 0, peak = 0;
  std::int32_t nonzero = 0, zeroed = 0;
#pragma omp simd reduction(+ : squared, power, nonzero, zeroed) reduction(max : peak)
  for (std::int64_t i = 0; i < n; ++i) {
    const float error = approximation[i] - w[i];
    squared += error * error;
    power += w[i] * w[i];
    peak = std::max(peak, std::fabs(error));
    nonzero += w[i] != 0 ? 1 : 0;
    zeroed += w[i] != 0 && approximation[i] == 0 ? 1 : 0;
  }
  sums.squared += squared;
  sums.power += power;
  sums.peak = std::max(sums.peak, peak);
  sums.nonzero += nonzero;
  sums.zeroed += zeroed;
}

constexpr std::int64_t kChunk = 64;  // rows widened at once

Sums sums_of_rows(const Tensor& w, const QuantizedTensor& q, std::int64_t first, std::int64_t count) {
  const Tensor wide = w.narrow(0, first, count).to(at::kFloat).contiguous();
  const Tensor approximation = dequantize(rows_of(q, first, count));
  Sums sums;
  for (std::int64_t row = 0; row < count; ++row) {
    const std::int64_t at = row * w.size(1);
    add_row(wide.const_data_ptr<float>() + at, approximation.const_data_ptr<float>() + at, w.size(1), sums);
  }
  return sums;
}

}  // namespace

Distortion distortion(const Tensor& w, const QuantizedTensor& quantized) {
  const std::int64_t rows = w.size(0), chunks = (rows + kChunk - 1) / kChunk;
  std::vector<Sums> parts(static_cast<size_t>(chunks));
  at::parallel_for(0, chunks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t chunk = begin; chunk < end; ++chunk) {
      const std::int64_t first = chunk * kChunk;
      parts[static_cast<size_t>(chunk)] = sums_of_rows(w, quantized, first, std::min(kChunk, rows - first));
    }
  });
  Sums total;
  for (const auto& part : parts) {
    total.squared += part.squared;
    total.power += part.power;
    total.peak = std::max(total.peak, part.peak);
    total.nonzero += part.nonzero;
    total.zeroed += part.zeroed;
  }
  return {total.squared / static_cast<double>(std::max<std::int64_t>(1, w.numel())),
          total.squared > 0 ? 10 * std::log10(total.power / total.squared)
                            : std::numeric_limits<double>::infinity(),
          total.peak,
          total.nonzero > 0 ? static_cast<double>(total.zeroed) / static_cast<double>(total.nonzero) : 0};
}

double gram_error(const Tensor& error, const Tensor& gram_lower) {
  const Tensor e = error.to(gram_lower.scalar_type());
  // H = L + L^T - D, so tr(E H E^T) = 2 tr(E L E^T) - tr(E D E^T).
  const double lower = at::mm(e, gram_lower.tril()).mul_(e).sum(at::kDouble).item<double>();
  const double diagonal = e.square().mul(gram_lower.diagonal()).sum(at::kDouble).item<double>();
  return 2 * lower - diagonal;
}

}  // namespace halftone
