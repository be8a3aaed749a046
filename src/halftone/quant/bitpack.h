// Codes of b bits in 32-bit words: a row's codes form one bit string, least significant bit first, the last
// word padded with zeros. For 3, 5, 6 and 7 bits codes straddle words (the dense layout).
#pragma once

#include <cstdint>

#include "halftone/tensor/tensor.h"

namespace halftone {

// Words that hold `count` codes of `bits` bits.
constexpr std::int64_t packed_words(std::int64_t count, int bits) { return (count * bits + 31) / 32; }

// codes [rows, n] int8 in [-2^(bits-1), 2^(bits-1) - 1] -> int32 [rows, packed_words(n, bits)]; the code u
// stored is code + 2^(bits-1). bits: 1 to 8.
Tensor pack_rows(const Tensor& codes, int bits);

// The inverse: words [rows, packed_words(n, bits)] int32 -> int8 [rows, n].
Tensor unpack_rows(const Tensor& words, int bits, std::int64_t n);

}  // namespace halftone
