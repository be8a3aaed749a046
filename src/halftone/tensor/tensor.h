// The tensor type of the whole library, with its operators.
#pragma once

#include <ATen/TensorIndexing.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

namespace halftone {
using at::Tensor;
}
