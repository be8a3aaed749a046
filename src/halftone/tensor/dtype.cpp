#include "halftone/tensor/dtype.h"

#include <array>

#include "halftone/base/error.h"

namespace halftone {
namespace {

// In the order of DType.
constexpr std::array kScalarTypes = {at::kBool,   at::kByte,          at::kChar,        at::kShort,
                                     at::kUInt16, at::kHalf,          at::kBFloat16,    at::kInt,
                                     at::kUInt32, at::kFloat,         at::kDouble,      at::kLong,
                                     at::kUInt64, at::kFloat8_e4m3fn, at::kFloat8_e5m2, at::kFloat8_e8m0fnu};

}  // namespace

at::ScalarType to_scalar_type(DType dtype) { return kScalarTypes[static_cast<size_t>(dtype)]; }

DType to_dtype(at::ScalarType type) {
  for (size_t i = 0; i < kScalarTypes.size(); ++i) {
    if (kScalarTypes[i] == type) return static_cast<DType>(i);
  }
  fail(ErrorKind::internal, "safetensors holds no tensors of type {}", c10::toString(type));
}

}  // namespace halftone
