#include "halftone/quant/bitpack.h"

#include <vector>

#include "tests/expect_error.h"
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

Tensor random_codes(std::int64_t rows, std::int64_t n, int bits) {
  const int half = 1 << (bits - 1);
  return at::randint(-half, half, {rows, n}, at::detail::createCPUGenerator(n), at::kChar);
}

Tensor row(const std::vector<int>& codes) { return at::tensor(codes, at::kChar).unsqueeze(0); }

std::vector<std::uint32_t> packed_row(const std::vector<int>& codes, int bits) {
  const Tensor words = pack_rows(row(codes), bits);
  const auto* first = reinterpret_cast<const std::uint32_t*>(words.const_data_ptr<std::int32_t>());
  return {first, first + words.numel()};
}

// The layout's sentence, bit by bit: bit k of code i stands at i * bits + k of its row.
Tensor packed_bit_by_bit(const Tensor& codes, int bits) {
  Tensor words = at::zeros({codes.size(0), packed_words(codes.size(1), bits)}, at::kInt);
  for (std::int64_t r = 0; r < codes.size(0); ++r) {
    auto* out = reinterpret_cast<std::uint32_t*>(words[r].mutable_data_ptr<std::int32_t>());
    for (std::int64_t i = 0; i < codes.size(1); ++i) {
      const int stored = codes[r][i].item<int>() + (1 << (bits - 1));
      for (int k = 0; k < bits; ++k) {
        const std::int64_t place = i * bits + k;
        out[place / 32] |= static_cast<std::uint32_t>(stored >> k & 1) << place % 32;
      }
    }
  }
  return words;
}

TEST(PackedWords, RoundUpToWholeWords) {
  EXPECT_EQ(packed_words(8, 4), 1);
  EXPECT_EQ(packed_words(9, 4), 2);
  EXPECT_EQ(packed_words(32, 3), 3);
  EXPECT_EQ(packed_words(11, 3), 2);
  EXPECT_EQ(packed_words(0, 8), 0);
}

TEST(PackRows, LayoutByHand) {
  using Words = std::vector<std::uint32_t>;
  EXPECT_EQ(packed_row({-8, -7, -6, -5, -4, -3, -2, -1}, 4), Words{0x76543210});
  EXPECT_EQ(packed_row({7, -8, 7}, 4), Words{0x00000F0F});
  EXPECT_EQ(packed_row({-128, -127, 127, 0, -1}, 8), (Words{0x80FF0100, 0x7F}));
  EXPECT_EQ(packed_row({-1, 0, 0, -1, 0}, 1), Words{0b10110});
  // Code 10 of three bits has two in the first word and one in the second: 5 = 101.
  EXPECT_EQ(packed_row({-4, -4, -4, -4, -4, -4, -4, -4, -4, -4, 1}, 3), (Words{1U << 30, 1}));
  EXPECT_EQ(packed_row({3, -4, 3}, 3), Words{0b111000111});
}

class EveryWidth : public testing::TestWithParam<int> {};

TEST_P(EveryWidth, PacksAsTheSentenceSaysAndComesBack) {
  const int bits = GetParam();
  for (const std::int64_t n : {1, 2, 3, 7, 8, 10, 11, 31, 32, 33, 63, 64, 65, 130}) {
    for (const std::int64_t rows : {1, 3, 40}) {
      const Tensor codes = random_codes(rows, n, bits), words = pack_rows(codes, bits);
      if (rows < 40) {
        ASSERT_TRUE(words.equal(packed_bit_by_bit(codes, bits))) << n;
      }
      ASSERT_TRUE(unpack_rows(words, bits, n).equal(codes)) << n;
    }
  }
}

TEST_P(EveryWidth, HoldsBothEndsOfTheRange) {
  const int bits = GetParam(), half = 1 << (bits - 1);
  for (const std::vector<int>& codes :
       {std::vector<int>(37, -half), std::vector<int>(37, half - 1), std::vector<int>{-half, half - 1}}) {
    EXPECT_TRUE(unpack_rows(pack_rows(row(codes), bits), bits, static_cast<std::int64_t>(codes.size()))
                    .equal(row(codes)));
  }
}

INSTANTIATE_TEST_SUITE_P(Bits, EveryWidth, testing::Range(1, 9));

TEST(PackRows, NothingIsNothing) {
  EXPECT_EQ(pack_rows(at::empty({3, 0}, at::kChar), 4).sizes(), (std::vector<std::int64_t>{3, 0}));
  EXPECT_EQ(unpack_rows(at::empty({0, 2}, at::kInt), 4, 16).sizes(), (std::vector<std::int64_t>{0, 16}));
}

TEST(PackRows, StridesDoNotMatter) {
  const Tensor codes = random_codes(6, 9, 4);
  const Tensor words = pack_rows(codes, 4);
  EXPECT_TRUE(pack_rows(codes.t().contiguous().t(), 4).equal(words));
  EXPECT_TRUE(unpack_rows(words.t().contiguous().t(), 4, 9).equal(codes));
}

TEST(PackRows, MisuseIsOurs) {
  expect_error(ErrorKind::internal, {}, [] { pack_rows(at::zeros({2, 8}, at::kInt), 4); });
  expect_error(ErrorKind::internal, {}, [] { pack_rows(at::zeros({2, 8}, at::kChar), 9); });
  expect_error(ErrorKind::internal, {}, [] { unpack_rows(at::zeros({2, 2}, at::kInt), 4, 17); });
}

}  // namespace
}  // namespace halftone
