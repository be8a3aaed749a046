#include "halftone/quant/distortion.h"

#include <cmath>
#include <limits>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

Tensor random(std::int64_t rows, std::int64_t columns, std::uint64_t seed, at::ScalarType type = at::kFloat) {
  return at::randn({rows, columns}, at::detail::createCPUGenerator(seed), type);
}

// Codes on the grid of the integers, one scale a row.
QuantizedTensor integers(const Tensor& codes) {
  return {{.bits = 8, .granularity = Granularity::channel},
          codes.to(at::kChar),
          at::ones({codes.size(0), 1}),
          Tensor()};
}

TEST(Distortion, ByHand) {
  const Tensor w = at::tensor({0.25, 0.0, 2.0, -3.5}).reshape({2, 2});
  const Tensor codes = at::tensor({0, 0, 2, -3}).reshape({2, 2});
  const Distortion d = distortion(w, integers(codes));
  EXPECT_DOUBLE_EQ(d.mse, (0.0625 + 0.25) / 4);
  EXPECT_DOUBLE_EQ(d.sqnr_db, 10 * std::log10((0.0625 + 4 + 12.25) / 0.3125));
  EXPECT_DOUBLE_EQ(d.max_abs, 0.5);
  EXPECT_DOUBLE_EQ(d.zeroed, 1.0 / 3);
}

TEST(Distortion, ExactIsInfinitelyGood) {
  for (const Tensor& w : {at::tensor({1.0, -2.0, 3.0}).unsqueeze(0), at::zeros({2, 3})}) {
    const Distortion d = distortion(w, integers(w));
    EXPECT_EQ(d.mse, 0);
    EXPECT_EQ(d.sqnr_db, std::numeric_limits<double>::infinity());
    EXPECT_EQ(d.max_abs, 0);
    EXPECT_EQ(d.zeroed, 0);
  }
}

TEST(Distortion, AgreesWithDoubleForEveryFloatTypeAndShape) {
  for (const auto type : {at::kFloat, at::kBFloat16, at::kHalf, at::kDouble}) {
    for (const std::int64_t rows : {1, 63, 64, 65, 131}) {
      const Tensor w = random(rows, 48, 5).to(type);
      const QuantizedTensor q = quantize_nearest(w, {.bits = 3, .symmetric = false, .group = 16}, {});
      const Distortion d = distortion(w, q);
      const Tensor wide = w.to(at::kFloat).to(at::kDouble);
      const Tensor restored = dequantize(q).to(at::kDouble), error = restored - wide;
      const double squared = error.square().sum().item<double>();
      EXPECT_NEAR(d.mse / (squared / static_cast<double>(w.numel())), 1, 1e-5);
      EXPECT_NEAR(d.sqnr_db, 10 * std::log10(wide.square().sum().item<double>() / squared), 1e-4);
      EXPECT_NEAR(d.max_abs, error.abs().max().item<double>(), 1e-6);
      EXPECT_EQ(d.zeroed, (restored.eq(0) & wide.ne(0)).sum().item<double>() / wide.ne(0).sum().item<double>());
    }
  }
}

TEST(GramError, ByHandAndOnlyFromTheLowerTriangle) {
  // e H e^T = 0.4^2 2 + 2 (0.4)(-0.6) 2 + 0.6^2 4 = 0.8.
  const Tensor e = at::tensor({0.4, -0.6}, at::kDouble).unsqueeze(0);
  const Tensor h = at::tensor({2.0, 99.0, 2.0, 4.0}, at::kDouble).reshape({2, 2});
  EXPECT_NEAR(gram_error(e, h), 0.8, 1e-15);
}

TEST(GramError, IsTheEnergyOfTheOutputError) {
  const Tensor x = random(50, 20, 1, at::kDouble), e = random(7, 20, 2, at::kDouble);
  const double energy = at::mm(x, e.t()).square().sum().item<double>();
  const Tensor lower = at::mm(x.t(), x).tril() + at::full({20, 20}, 1e9, at::kDouble).triu(1);
  EXPECT_NEAR(gram_error(e, lower) / energy, 1, 1e-13);
  EXPECT_NEAR(gram_error(e.to(at::kFloat), lower.to(at::kFloat)) / energy, 1, 1e-5);
}

}  // namespace
}  // namespace halftone
