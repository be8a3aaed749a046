#include "halftone/quant/bitpack.h"

#include <cstring>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "halftone/base/error.h"
#include "halftone/tensor/simd.h"

namespace halftone {
namespace {

// Two 4-bit codes a byte; little-endian words make the bytes' order the words' order.
HALFTONE_SIMD_CLONES
void pack_nibbles(const std::int8_t* codes, std::int64_t pairs, std::uint8_t* bytes) {
#pragma omp simd
  for (std::int64_t i = 0; i < pairs; ++i) {
    bytes[i] = static_cast<std::uint8_t>((codes[2 * i] + 8) | (codes[2 * i + 1] + 8) << 4);
  }
}

HALFTONE_SIMD_CLONES
void unpack_nibbles(const std::uint8_t* bytes, std::int64_t pairs, std::int8_t* codes) {
#pragma omp simd
  for (std::int64_t i = 0; i < pairs; ++i) {
    codes[2 * i] = static_cast<std::int8_t>((bytes[i] & 15) - 8);
    codes[2 * i + 1] = static_cast<std::int8_t>((bytes[i] >> 4) - 8);
  }
}

// Any width: bits are collected in a 64-bit register and leave it a byte at a time.
void pack_bits(const std::int8_t* codes, std::int64_t n, int bits, std::uint8_t* bytes) {
  std::uint64_t pending = 0;
  int filled = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    pending |= static_cast<std::uint64_t>(codes[i] + (1 << (bits - 1))) << filled;
    for (filled += bits; filled >= 8; filled -= 8, pending >>= 8) *bytes++ = static_cast<std::uint8_t>(pending);
  }
  if (filled > 0) *bytes = static_cast<std::uint8_t>(pending);
}

void unpack_bits(const std::uint8_t* bytes, std::int64_t n, int bits, std::int8_t* codes) {
  const std::uint64_t mask = (1U << bits) - 1;
  std::uint64_t pending = 0;
  int filled = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    for (; filled < bits; filled += 8) pending |= static_cast<std::uint64_t>(*bytes++) << filled;
    codes[i] = static_cast<std::int8_t>(static_cast<int>(pending & mask) - (1 << (bits - 1)));
    pending >>= bits;
    filled -= bits;
  }
}

}  // namespace

Tensor pack_rows(const Tensor& codes, int bits) {
  HALFTONE_ASSERT(codes.dim() == 2 && codes.scalar_type() == at::kChar && bits >= 1 && bits <= 8);
  const Tensor source = codes.cpu().contiguous();
  const std::int64_t n = source.size(1), words = packed_words(n, bits);
  Tensor packed = at::zeros({source.size(0), words}, at::kInt);
  const std::int8_t* in = source.const_data_ptr<std::int8_t>();
  auto* out = reinterpret_cast<std::uint8_t*>(packed.mutable_data_ptr<std::int32_t>());
  at::parallel_for(0, source.size(0), 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      if (bits == 4 && n % 2 == 0) {
        pack_nibbles(in + row * n, n / 2, out + row * words * 4);
      } else {
        pack_bits(in + row * n, n, bits, out + row * words * 4);
      }
    }
  });
  return packed;
}

Tensor unpack_rows(const Tensor& words, int bits, std::int64_t n) {
  HALFTONE_ASSERT(words.dim() == 2 && words.scalar_type() == at::kInt &&
                  words.size(1) == packed_words(n, bits));
  const Tensor source = words.cpu().contiguous();
  Tensor codes = at::empty({source.size(0), n}, at::kChar);
  const auto* in = reinterpret_cast<const std::uint8_t*>(source.const_data_ptr<std::int32_t>());
  std::int8_t* out = codes.mutable_data_ptr<std::int8_t>();
  at::parallel_for(0, source.size(0), 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::uint8_t* bytes = in + row * words.size(1) * 4;
      if (bits == 4 && n % 2 == 0) {
        unpack_nibbles(bytes, n / 2, out + row * n);
      } else {
        unpack_bits(bytes, n, bits, out + row * n);
      }
    }
  });
  return codes;
}

}  // namespace halftone
