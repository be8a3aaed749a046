// What low-bit numbers a weight and its input are to become: pure data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "halftone/base/dtype.h"

namespace halftone {

enum class NumberKind { integer, floating };        // floating: 8 bits are E4M3
enum class Granularity { tensor, channel, group };  // one scale a tensor, a row, or `group` columns of a row

struct WeightScheme {
  int bits = 4;  // integers: 2 to 8; floating: 8
  NumberKind kind = NumberKind::integer;
  bool symmetric = true;
  Granularity granularity = Granularity::group;
  std::int64_t group = 128;         // columns; meaningful for Granularity::group
  DType scale_dtype = DType::bf16;  // scales are always representable in it

  bool operator==(const WeightScheme&) const = default;
  // Signed code range of integers: [-2^(bits-1), 2^(bits-1) - 1].
  int code_min() const { return -(1 << (bits - 1)); }
  int code_max() const { return (1 << (bits - 1)) - 1; }
  // Columns that share one scale in a row of `columns`.
  std::int64_t columns_per_scale(std::int64_t columns) const {
    return granularity == Granularity::group ? group : columns;
  }
};

// Activations entering a linear, quantized as they come: one scale a token, symmetric.
struct InputScheme {
  int bits = 8;
  NumberKind kind = NumberKind::integer;

  bool operator==(const InputScheme&) const = default;
};

struct Scheme {
  WeightScheme weight;
  std::optional<InputScheme> input;  // nothing: activations stay as they are

  bool operator==(const Scheme&) const = default;
};

// "w4 g128 asym", "w8 channel + a8 token", "fp8 channel + fp8 token": for tables and messages.
std::string scheme_text(const Scheme& scheme);

}  // namespace halftone
