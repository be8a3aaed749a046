#include "halftone/quant/quantized_tensor.h"

#include <limits>

#include "tests/expect_error.h"
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
const WeightScheme kFp8{8, NumberKind::floating, true, Granularity::channel, 128, DType::bf16};

Tensor random(std::int64_t rows, std::int64_t columns, std::uint64_t seed = 1) {
  return at::randn({rows, columns}, at::detail::createCPUGenerator(seed), at::kFloat);
}

Tensor floats(std::vector<float> values, std::int64_t rows) { return at::tensor(values).reshape({rows, -1}); }
Tensor codes(std::vector<int> values, std::int64_t rows) {
  return at::tensor(values, at::kChar).reshape({rows, -1});
}

// value = (code - zero) * scale, in double.
Tensor formula(const QuantizedTensor& q) {
  const std::int64_t width = q.columns() / q.scale.size(1);
  const auto spread = [&](const Tensor& t) { return t.to(at::kDouble).repeat_interleave(width, 1); };
  Tensor values = q.codes.to(at::kDouble);
  if (q.zero.defined()) values = values - spread(q.zero);
  return values * spread(q.scale);
}

TEST(CheckGroups, NamesTheWeightThatDoesNotDivide) {
  expect_error(ErrorKind::usage, {"language.3.down", "128", "1000"},
               [] { check_groups({.group = 128}, 1000, "language.3.down"); });
  expect_error(ErrorKind::usage, {"groups of 0"}, [] { check_groups({.group = 0}, 8, "a"); });
  check_groups({.group = 128}, 1024, "a");
  check_groups({.granularity = Granularity::channel, .group = 128}, 1000, "a");
}

TEST(QuantizeNearest, TwoGroupsByHand) {
  const Tensor w = floats({7.5F, -3, 0.4F, -15, 4, 5, 0, 0}, 2);
  const QuantizedTensor q = quantize_nearest(w, {.bits = 4, .group = 2, .scale_dtype = DType::f32}, {});
  EXPECT_TRUE(q.scale.equal(floats({1, 2, 5 / 7.5F, 1}, 2)));
  EXPECT_FALSE(q.zero.defined());
  EXPECT_TRUE(q.codes.equal(codes({7, -3, 0, -8, 6, 7, 0, 0}, 2))) << q.codes;
}

TEST(QuantizeNearest, AsymmetricByHand) {
  const Tensor w = floats({-3, 12, 0, 7.5F}, 1);
  const QuantizedTensor q = quantize_nearest(w, {.bits = 4, .symmetric = false, .group = 2}, {});
  EXPECT_TRUE(q.scale.equal(floats({1, 0.5F}, 1)));
  EXPECT_TRUE(q.zero.equal(codes({-5, -8}, 1)));
  EXPECT_TRUE(q.codes.equal(codes({-8, 7, -8, 7}, 1)));
  EXPECT_TRUE(dequantize(q).equal(w));
}

TEST(ChooseGrids, OneScaleARowOrOneForAll) {
  const Tensor w = floats({7.5F, 0, 15, 1}, 2);
  EXPECT_TRUE(choose_grids(w, {.granularity = Granularity::channel}, {}).scale.equal(floats({1, 2}, 2)));
  EXPECT_TRUE(choose_grids(w, {.granularity = Granularity::tensor}, {}).scale.equal(floats({2, 2}, 2)));
}

TEST(ChooseGrids, ATensorsClipLooksAtEveryValue) {
  // Half the range makes the many exact and cuts two outliers; the outliers alone would ask for all of it.
  Tensor w = at::ones({20, 100});
  w[3][3] = w[4][4] = 15;
  const WeightScheme scheme{.bits = 4, .granularity = Granularity::tensor};
  EXPECT_EQ(choose_grids(w, scheme, {1, 0.5F}).scale[0].item<float>(), 1);
  Tensor importance = at::zeros({100});
  importance[3] = 1;
  importance[4] = 1;  // 2 outliers and 38 ones: 2 * 49 against 38
  EXPECT_EQ(choose_grids(w, scheme, {1, 0.5F}, importance).scale[0].item<float>(), 2);
}

class EveryScheme : public testing::TestWithParam<std::tuple<int, bool, Granularity>> {
 protected:
  WeightScheme scheme() const {
    const auto [bits, symmetric, granularity] = GetParam();
    return {.bits = bits, .symmetric = symmetric, .granularity = granularity, .group = 8};
  }
};

TEST_P(EveryScheme, DequantizesByTheFormulaAndStaysNear) {
  const Tensor w = random(37, 48);
  const QuantizedTensor q = quantize_nearest(w, scheme(), {});
  const std::int64_t width = q.columns() / q.scale.size(1);
  EXPECT_TRUE(dequantize(q).to(at::kDouble).equal(formula(q)));
  EXPECT_TRUE(q.scale.to(at::kBFloat16).to(at::kFloat).equal(q.scale));
  EXPECT_GE(q.codes.min().item<int>(), scheme().code_min());
  EXPECT_LE(q.codes.max().item<int>(), scheme().code_max());
  // Half a step; the ends of the range may lose what bf16 took from the scale, and half a step to the zero.
  const Tensor steps = (formula(q) - w).abs() / q.scale.repeat_interleave(width, 1);
  EXPECT_LE(steps.max().item<double>(), 1.01 + (scheme().bits == 8 ? 0.5 : 0));
  EXPECT_LE(steps.mean().item<double>(), 0.3);
}

TEST_P(EveryScheme, FusedAndSeparateAgreeForEveryFloatTypeAndStride) {
  for (const auto type : {at::kFloat, at::kBFloat16, at::kHalf, at::kDouble}) {
    for (const ClipSearch& clip : {ClipSearch{}, ClipSearch{10, 0.6F}}) {
      const Tensor w = random(37, 48).to(type), wide = w.to(at::kFloat);
      const QuantizedTensor q = quantize_nearest(w.t().contiguous().t(), scheme(), clip);
      const QuantizedTensor separate = quantize_on(wide, scheme(), choose_grids(wide, scheme(), clip));
      EXPECT_TRUE(q.codes.equal(separate.codes));
      EXPECT_TRUE(q.scale.equal(separate.scale));
      if (q.zero.defined()) {
        EXPECT_TRUE(q.zero.equal(separate.zero));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryScheme,
                         testing::Combine(testing::Values(2, 3, 4, 8), testing::Bool(),
                                          testing::Values(Granularity::tensor, Granularity::channel,
                                                          Granularity::group)));

TEST(QuantizeNearest, InfinitiesAreRefused) {
  Tensor w = random(3, 8);
  w[1][2] = kInf;
  for (const WeightScheme& scheme : {WeightScheme{.group = 4}, kFp8}) {
    expect_error(ErrorKind::numeric, {"inf"}, [&] { quantize_nearest(w, scheme, {}); });
  }
}

TEST(QuantizeFloating, ByHand) {
  const Tensor w = floats({448, 17, -0.001F, 896, 60, 0, 0, 0, 0}, 3);
  const QuantizedTensor q = quantize_nearest(w, kFp8, {});
  EXPECT_TRUE(q.scale.equal(floats({1, 2, 1}, 3)));
  EXPECT_EQ(q.codes.scalar_type(), at::kFloat8_e4m3fn);
  // E4M3 has 3 bits of fraction: 17 lies between 16 and 18 and goes to the even one; 2^-9 is its least number.
  EXPECT_TRUE(dequantize(q).equal(floats({448, 16, -0x1p-9F * 1, 896, 60, 0, 0, 0, 0}, 3))) << dequantize(q);
}

TEST(QuantizeFloating, ScalesHoldInTheirTypeAndPeaksAreClampedNotLost) {
  const Tensor w = random(20, 64);
  for (const DType dtype : {DType::bf16, DType::f16, DType::f32}) {
    WeightScheme scheme = kFp8;
    scheme.scale_dtype = dtype;
    const QuantizedTensor q = quantize_nearest(w, scheme, {});
    const Tensor relative = (dequantize(q) - w).abs() / w.abs().clamp_min(0.05);
    EXPECT_LE(relative.max().item<double>(), 1.0 / 16 + 0.005);
    for (std::int64_t i = 0; i < 20; ++i)
      EXPECT_EQ(q.scale[i].item<float>(), round_scale(q.scale[i].item<float>(), dtype));
  }
}

TEST(QuantizeFloating, OneScaleForATensorAndNoGroups) {
  WeightScheme scheme = kFp8;
  scheme.granularity = Granularity::tensor;
  const QuantizedTensor q = quantize_nearest(floats({448, 1, 896, 1}, 2), scheme, {});
  EXPECT_TRUE(q.scale.equal(floats({2, 2}, 2)));
  scheme.granularity = Granularity::group;
  expect_error(ErrorKind::unsupported, {"one scale a row"},
               [&] { quantize_nearest(random(2, 128), scheme, {}); });
}

TEST(RowsOf, SharesTheStorage) {
  const QuantizedTensor q = quantize_nearest(random(6, 16), {.symmetric = false, .group = 8}, {});
  const QuantizedTensor rows = rows_of(q, 2, 3);
  EXPECT_TRUE(dequantize(rows).equal(dequantize(q).narrow(0, 2, 3)));
  EXPECT_EQ(rows.codes.const_data_ptr(), q.codes[2].const_data_ptr());
  EXPECT_EQ(rows.zero.const_data_ptr(), q.zero[2].const_data_ptr());
}

TEST(FakeQuantizeTokens, ByHand) {
  // Scales 1, 2 and, for nothing, 1; ties go to the even code, 127.5 is cut to 127.
  const Tensor x = floats({-127.5F, 1.5F, 2.5F, 0.5F, 255, 1, 3, -5, 0, 0, 0, 0}, 3);
  EXPECT_TRUE(fake_quantize_tokens(x, {}).equal(floats({-128, 2, 2, 0, 254, 0, 4, -4, 0, 0, 0, 0}, 3)));
  const InputScheme fp8{8, NumberKind::floating};
  EXPECT_TRUE(
      fake_quantize_tokens(floats({896, 34, -60, 0, 0, 0}, 2), fp8).equal(floats({896, 32, -60, 0, 0, 0}, 2)));
}

TEST(FakeQuantizeTokens, RowsAreAloneAndTheTypeStays) {
  const Tensor x = random(5, 64).to(at::kBFloat16);
  for (const auto kind : {NumberKind::integer, NumberKind::floating}) {
    const Tensor all = fake_quantize_tokens(x, {8, kind});
    EXPECT_EQ(all.scalar_type(), at::kBFloat16);
    EXPECT_TRUE(fake_quantize_tokens(x.narrow(0, 3, 1), {8, kind}).equal(all.narrow(0, 3, 1)));
    const Tensor error = (all - x).to(at::kFloat).abs().amax(1) / x.to(at::kFloat).abs().amax(1);
    EXPECT_LE(error.max().item<float>(), kind == NumberKind::integer ? 1.0F / 127 : 1.0F / 16);
  }
}

}  // namespace
}  // namespace halftone
