// How far a quantized weight is from its original, in several measures: each sees a failure that others miss.
#pragma once

#include <cstdint>

#include "halftone/quant/quantized_tensor.h"
#include "halftone/tensor/tensor.h"

namespace halftone {

struct Distortion {
  double mse = 0;      // mean squared error
  double sqnr_db = 0;  // 10 log10(sum w^2 / sum e^2); +inf when exact
  double max_abs = 0;  // largest single error
  double zeroed = 0;   // share of non-zero weights that became exactly zero
};

// w [out, in], any float type, on the CPU. One pass, rows in parallel; float32 within a row, float64 over rows.
Distortion distortion(const Tensor& w, const QuantizedTensor& quantized);

// tr(E H E^T) for E [out, in] and the symmetric H [in, in] given by its lower triangle: what GPTQ minimizes.
double gram_error(const Tensor& error, const Tensor& gram_lower);

}  // namespace halftone
