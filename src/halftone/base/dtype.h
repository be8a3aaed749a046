// Element types as safetensors names them; free of torch so that header parsers need nothing heavier.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace halftone {

enum class DType : std::uint8_t {
  boolean,
  u8,
  i8,
  i16,
  u16,
  f16,
  bf16,
  i32,
  u32,
  f32,
  f64,
  i64,
  u64,
  f8_e4m3,
  f8_e5m2,
  f8_e8m0
};

// "BF16", "F8_E4M3", ...
std::string_view dtype_name(DType dtype);
std::optional<DType> dtype_from_name(std::string_view name);
// Every known name, comma separated, for messages.
std::string_view dtype_names();
// Bytes of one element.
int dtype_bytes(DType dtype);
bool dtype_is_float(DType dtype);

}  // namespace halftone
