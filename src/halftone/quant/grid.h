// The integer grid of one group of weights: value = (code - zero) * scale.
//
// Symmetric grids follow compressed-tensors: scale = max|w| / ((2^bits - 1) / 2), zero = 0. Asymmetric ones:
// scale = (max - min) / (2^bits - 1) over a range that contains 0, zero = round(code_min - min / scale).
// The scale is rounded to its storage type before any code is chosen, so no format rounds again.
#pragma once

#include <cstdint>

#include "halftone/quant/scheme.h"

namespace halftone {

struct Grid {
  float scale = 1;
  float zero = 0;  // an integer within the code range
};

// Search for a clipped range: candidates of the full range times 1, 1 - step, ... down to `low`; the one with
// the least squared error (weighted by column importance if given) wins, the wider one on a tie.
struct ClipSearch {
  int steps = 0;     // candidates below 1; 0: min-max
  float low = 0.5F;  // smallest share of the range tried
  bool operator==(const ClipSearch&) const = default;
};

struct GridRule {
  float code_min = -8, code_max = 7;
  bool symmetric = true;
  DType scale_dtype = DType::bf16;
  ClipSearch clip;
};

GridRule grid_rule(const WeightScheme& scheme, const ClipSearch& clip);

// Grid for values[0 .. count), which must not be NaN. `importance` is null or holds count weights >= 0.
// All-zero values give scale 1, zero 0. Throws Error(numeric) for a range that no scale covers.
Grid choose_grid(const float* values, std::int64_t count, const GridRule& rule,
                 const float* importance = nullptr);

// codes[i] = clamp(round_half_even(values[i] / scale + zero)).
void encode_group(const float* values, std::int64_t count, Grid grid, const GridRule& rule, std::int8_t* codes);

// values[i] = (codes[i] - zero) * scale
void decode_group(const std::int8_t* codes, std::int64_t count, Grid grid, float* values);

// `value` rounded to nearest even in f16, bf16 or f32, never to less than the type's smallest normal number.
// Throws Error(numeric) when it overflows the type.
float round_scale(float value, DType dtype);

}  // namespace halftone
