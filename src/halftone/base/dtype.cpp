#include "halftone/base/dtype.h"

#include <array>

namespace halftone {
namespace {

struct Row {
  DType dtype;
  std::string_view name;
  int bytes;
  bool is_float;
};

constexpr std::array<Row, 16> kRows{{{DType::boolean, "BOOL", 1, false},
                                     {DType::u8, "U8", 1, false},
                                     {DType::i8, "I8", 1, false},
                                     {DType::i16, "I16", 2, false},
                                     {DType::u16, "U16", 2, false},
                                     {DType::f16, "F16", 2, true},
                                     {DType::bf16, "BF16", 2, true},
                                     {DType::i32, "I32", 4, false},
                                     {DType::u32, "U32", 4, false},
                                     {DType::f32, "F32", 4, true},
                                     {DType::f64, "F64", 8, true},
                                     {DType::i64, "I64", 8, false},
                                     {DType::u64, "U64", 8, false},
                                     {DType::f8_e4m3, "F8_E4M3", 1, true},
                                     {DType::f8_e5m2, "F8_E5M2", 1, true},
                                     {DType::f8_e8m0, "F8_E8M0", 1, true}}};

const Row& row(DType dtype) { return kRows[static_cast<std::size_t>(dtype)]; }

}  // namespace

std::string_view dtype_name(DType dtype) { return row(dtype).name; }

std::optional<DType> dtype_from_name(std::string_view name) {
  for (const auto& candidate : kRows) {
    if (candidate.name == name) return candidate.dtype;
  }
  return std::nullopt;
}

std::string_view dtype_names() {
  return "BOOL, U8, I8, I16, U16, F16, BF16, I32, U32, F32, F64, I64, U64, F8_E4M3, F8_E5M2, F8_E8M0";
}

int dtype_bytes(DType dtype) { return row(dtype).bytes; }

bool dtype_is_float(DType dtype) { return row(dtype).is_float; }

}  // namespace halftone
