#include "halftone/quant/grid.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include "halftone/base/error.h"
#include "halftone/tensor/simd.h"

namespace halftone {
namespace {

struct Extent {
  float low, high;  // low <= 0 <= high
};

HALFTONE_SIMD_CLONES
Extent extent_of(const float* values, std::int64_t count) {
  float low = 0, high = 0;
#pragma omp simd reduction(min : low) reduction(max : high)
  for (std::int64_t i = 0; i < count; ++i) {
    low = std::min(low, values[i]);
    high = std::max(high, values[i]);
  }
  return {low, high};
}

HALFTONE_SIMD_CLONES
void encode_span(const float* values, std::int64_t count, float scale, float zero, float code_min,
                 float code_max, std::int8_t* codes) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) {
    const float code = std::nearbyintf(values[i] / scale + zero);
    codes[i] = static_cast<std::int8_t>(std::min(std::max(code, code_min), code_max));
  }
}

HALFTONE_SIMD_CLONES
void decode_span(const std::int8_t* codes, std::int64_t count, float scale, float zero, float* values) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) values[i] = (static_cast<float>(codes[i]) - zero) * scale;
}

// Squared error of the values on a grid.
HALFTONE_SIMD_CLONES
float squared_error(const float* values, std::int64_t count, float scale, float zero, float code_min,
                    float code_max) {
  const float inverse = 1.0F / scale;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < count; ++i) {
    const float code = std::min(std::max(std::nearbyintf(values[i] * inverse + zero), code_min), code_max);
    const float error = (code - zero) * scale - values[i];
    sum += error * error;
  }
  return sum;
}

HALFTONE_SIMD_CLONES
float weighted_error(const float* values, const float* importance, std::int64_t count, float scale, float zero,
                     float code_min, float code_max) {
  const float inverse = 1.0F / scale;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < count; ++i) {
    const float code = std::min(std::max(std::nearbyintf(values[i] * inverse + zero), code_min), code_max);
    const float error = (code - zero) * scale - values[i];
    sum += importance[i] * error * error;
  }
  return sum;
}

Grid grid_of(Extent extent, const GridRule& rule) {
  const float span = rule.symmetric ? 2 * std::max(-extent.low, extent.high) : extent.high - extent.low;
  if (span == 0) return {1, 0};
  const float scale = round_scale(span / (rule.code_max - rule.code_min), rule.scale_dtype);
  if (rule.symmetric) return {scale, 0};
  const float zero = std::nearbyintf(rule.code_min - extent.low / scale);
  return {scale, std::clamp(zero, rule.code_min, rule.code_max)};
}

// In pieces, so that float32 sums stay short: a tensor-granular grid covers millions of values.
double error_of(const float* values, const float* importance, std::int64_t count, Grid grid,
                const GridRule& rule) {
  constexpr std::int64_t kPiece = 4096;
  double sum = 0;
  for (std::int64_t at = 0; at < count; at += kPiece) {
    const std::int64_t n = std::min(kPiece, count - at);
    sum += importance ? weighted_error(values + at, importance + at, n, grid.scale, grid.zero, rule.code_min,
                                       rule.code_max)
                      : squared_error(values + at, n, grid.scale, grid.zero, rule.code_min, rule.code_max);
  }
  return sum;
}

template <class T>
float rounded(float value) {
  const auto smallest = static_cast<float>(std::numeric_limits<T>::min());
  return static_cast<float>(static_cast<T>(std::max(value, smallest)));
}

}  // namespace

GridRule grid_rule(const WeightScheme& scheme, const ClipSearch& clip) {
  return {static_cast<float>(scheme.code_min()), static_cast<float>(scheme.code_max()), scheme.symmetric,
          scheme.scale_dtype, clip};
}

Grid choose_grid(const float* values, std::int64_t count, const GridRule& rule, const float* importance) {
  const Extent full = extent_of(values, count);
  Grid best = grid_of(full, rule);
  if (rule.clip.steps == 0 || full.low == full.high) return best;
  double best_error = error_of(values, importance, count, best, rule);
  const float step = (1 - rule.clip.low) / static_cast<float>(rule.clip.steps);
  for (int i = 1; i <= rule.clip.steps; ++i) {
    const float share = 1 - step * static_cast<float>(i);
    const Grid grid = grid_of({full.low * share, full.high * share}, rule);
    const double error = error_of(values, importance, count, grid, rule);
    if (error < best_error) {
      best = grid;
      best_error = error;
    }
  }
  return best;
}

void encode_group(const float* values, std::int64_t count, Grid grid, const GridRule& rule,
                  std::int8_t* codes) {
  encode_span(values, count, grid.scale, grid.zero, rule.code_min, rule.code_max, codes);
}

void decode_group(const std::int8_t* codes, std::int64_t count, Grid grid, float* values) {
  decode_span(codes, count, grid.scale, grid.zero, values);
}

float round_scale(float value, DType dtype) {
  const float result = dtype == DType::bf16  ? rounded<c10::BFloat16>(value)
                       : dtype == DType::f16 ? rounded<c10::Half>(value)
                                             : rounded<float>(value);
  require(std::isfinite(result), ErrorKind::numeric, "a scale of {} does not fit into {}", value,
          dtype_name(dtype));
  return result;
}

}  // namespace halftone
