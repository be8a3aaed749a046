// Between safetensors' element types and ATen's.
#pragma once

#include "halftone/base/dtype.h"
#include "halftone/tensor/tensor.h"

namespace halftone {

at::ScalarType to_scalar_type(DType dtype);
// Throws Error(internal) for a type that safetensors cannot hold.
DType to_dtype(at::ScalarType type);

}  // namespace halftone
