// The canonical result of every method: one code a byte, unpacked, with its scales. Packing belongs to formats.
#pragma once

#include <cstdint>
#include <optional>

#include "halftone/quant/grid.h"
#include "halftone/quant/scheme.h"
#include "halftone/tensor/tensor.h"

namespace halftone {

// value[i, j] = (codes[i, j] - zero[i, j / columns]) * scale[i, j / columns], columns = columns per scale.
struct QuantizedTensor {
  WeightScheme scheme;
  Tensor codes;  // [out, in]; int8, or float8_e4m3fn for floating schemes
  Tensor scale;  // [out, groups] float32, every value representable in scheme.scale_dtype
  Tensor zero;   // [out, groups] int8 in the code range; undefined when symmetric

  std::int64_t rows() const { return codes.size(0); }
  std::int64_t columns() const { return codes.size(1); }
};

// One grid a group of every row.
struct GridTable {
  Tensor scale;  // [out, groups] float32
  Tensor zero;   // [out, groups] int8; undefined when symmetric
};

// Throws Error(usage) when `columns` is not a whole number of groups; `what` names the weight.
void check_groups(const WeightScheme& scheme, std::int64_t columns, const std::string& what);

// Grids for w [out, in] (any float type, CPU). `importance` [in] float32 >= 0 weighs the columns of the clip
// search. A tensor-granular scheme gives every row the same scale.
GridTable choose_grids(const Tensor& w, const WeightScheme& scheme, const ClipSearch& clip,
                       const std::optional<Tensor>& importance = std::nullopt);

// Round-to-nearest on given grids.
QuantizedTensor quantize_on(const Tensor& w, const WeightScheme& scheme, const GridTable& grids);

// Round-to-nearest: choose_grids and quantize_on, fused row by row for integers. w [out, in], any float type; a
// tensor on another device is quantized on the CPU.
QuantizedTensor quantize_nearest(const Tensor& w, const WeightScheme& scheme, const ClipSearch& clip);

// [out, in] in `dtype`: float32 is exact for schemes with 16-bit scales.
Tensor dequantize(const QuantizedTensor& q, at::ScalarType dtype = at::kFloat);

// Rows [first, first + count) of q, sharing its storage.
QuantizedTensor rows_of(const QuantizedTensor& q, std::int64_t first, std::int64_t count);

// x [rows, columns] as it is after symmetric quantization with one scale a row and back, in x's dtype.
// Integers: scale = max|x| / ((2^bits - 1) / 2); E4M3: max|x| / 448. As compressed-tensors' dynamic token
// strategy.
Tensor fake_quantize_tokens(const Tensor& x, const InputScheme& scheme);

}  // namespace halftone
