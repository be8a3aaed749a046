#include "halftone/tensor/dtype.h"

#include "tests/expect_error.h"
#include <ATen/ops/empty.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

TEST(ScalarType, EveryTypeHasItsOwnAndTheSameSize) {
  for (int i = 0; i <= static_cast<int>(DType::f8_e8m0); ++i) {
    const auto dtype = static_cast<DType>(i);
    const at::ScalarType type = to_scalar_type(dtype);
    EXPECT_EQ(to_dtype(type), dtype) << dtype_name(dtype);
    EXPECT_EQ(static_cast<int>(c10::elementSize(type)), dtype_bytes(dtype)) << dtype_name(dtype);
    EXPECT_EQ(c10::isFloatingType(type), dtype_is_float(dtype)) << dtype_name(dtype);
    EXPECT_EQ(at::empty({2}, type).nbytes(), 2u * static_cast<unsigned>(dtype_bytes(dtype)));
  }
}

TEST(ScalarType, AFewByName) {
  EXPECT_EQ(to_scalar_type(DType::bf16), at::kBFloat16);
  EXPECT_EQ(to_scalar_type(DType::f16), at::kHalf);
  EXPECT_EQ(to_scalar_type(DType::i8), at::kChar);
  EXPECT_EQ(to_scalar_type(DType::u8), at::kByte);
  EXPECT_EQ(to_scalar_type(DType::f8_e4m3), at::kFloat8_e4m3fn);
}

TEST(ScalarType, WhatSafetensorsCannotHoldIsRefused) {
  for (const auto type : {at::kComplexFloat, at::kQInt8, at::kFloat8_e4m3fnuz}) {
    expect_error(ErrorKind::internal, {"holds no tensors of type", c10::toString(type)},
                 [&] { to_dtype(type); });
  }
}

}  // namespace
}  // namespace halftone
