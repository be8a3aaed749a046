// Normalizations, in the precision of the reference implementations.
#pragma once

#include "halftone/tensor/tensor.h"

namespace halftone {

// x / sqrt(mean(x^2) + eps) * gain over the last axis; statistics in float32, the result rounded to x's type
// before the product with gain, as the reference code of decoders does. x [..., d], gain [d]. Zhang &
// Sennrich 2019.
Tensor rms_norm(const Tensor& x, const Tensor& gain, double eps);

// (x - mean) / sqrt(var + eps) * gain + shift over the last axis, variance biased. shift may be undefined.
Tensor layer_norm(const Tensor& x, const Tensor& gain, const Tensor& shift, double eps);

}  // namespace halftone
