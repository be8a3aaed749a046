#include "halftone/base/dtype.h"

#include <string>

#include <gtest/gtest.h>

namespace halftone {
namespace {

struct Expected {
  DType dtype;
  const char* name;
  int bytes;
  bool is_float;
};

// The format's own names: safetensors, enum Dtype.
const Expected kTable[] = {
    {DType::boolean, "BOOL", 1, false},   {DType::u8, "U8", 1, false},
    {DType::i8, "I8", 1, false},          {DType::i16, "I16", 2, false},
    {DType::u16, "U16", 2, false},        {DType::f16, "F16", 2, true},
    {DType::bf16, "BF16", 2, true},       {DType::i32, "I32", 4, false},
    {DType::u32, "U32", 4, false},        {DType::f32, "F32", 4, true},
    {DType::f64, "F64", 8, true},         {DType::i64, "I64", 8, false},
    {DType::u64, "U64", 8, false},        {DType::f8_e4m3, "F8_E4M3", 1, true},
    {DType::f8_e5m2, "F8_E5M2", 1, true}, {DType::f8_e8m0, "F8_E8M0", 1, true},
};

TEST(DType, NamesSizesAndKindsAreThoseOfTheFormat) {
  std::string all;
  for (const auto& row : kTable) {
    EXPECT_EQ(dtype_name(row.dtype), row.name);
    EXPECT_EQ(dtype_from_name(row.name), row.dtype);
    EXPECT_EQ(dtype_bytes(row.dtype), row.bytes) << row.name;
    EXPECT_EQ(dtype_is_float(row.dtype), row.is_float) << row.name;
    all += (all.empty() ? "" : ", ") + std::string(row.name);
  }
  EXPECT_EQ(dtype_names(), all);
}

TEST(DType, UnknownNamesAreNoType) {
  for (const char* name : {"", "f32", "F12", "F4", "F32 ", "BF16,", "float32"}) {
    EXPECT_FALSE(dtype_from_name(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace halftone
