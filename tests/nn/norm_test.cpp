#include "halftone/nn/norm.h"

#include "tests/nn/naive.h"
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

using naive::random;

TEST(RmsNorm, ByHand) {
  // mean(3^2, 4^2, 0, 5^2) = 12.5
  const Tensor x = at::tensor({3.0F, 4.0F, 0.0F, 5.0F}), gain = at::tensor({1.0F, 2.0F, 3.0F, -1.0F});
  const float root = std::sqrt(12.5F);
  EXPECT_TRUE(rms_norm(x, gain, 0).allclose(at::tensor({3 / root, 8 / root, 0.0F, -5 / root})));
  EXPECT_TRUE(rms_norm(at::zeros({1, 4}), gain, 1e-6).equal(at::zeros({1, 4})));
}

TEST(RmsNorm, FollowsTheFormulaOverTheLastAxis) {
  const Tensor x = random({3, 5, 24}, 1, at::kDouble), gain = random({24}, 2, at::kDouble);
  for (const double eps : {1e-6, 0.5}) {
    const Tensor expected = naive::rms_norm(x, gain, eps);
    EXPECT_LT(naive::relative_difference(expected, rms_norm(x.to(at::kFloat), gain.to(at::kFloat), eps)), 1e-6);
  }
}

TEST(RmsNorm, RoundsTheNormalToTheTypeBeforeTheGain) {
  const Tensor x = random({64, 32}, 1, at::kBFloat16), gain = random({32}, 2, at::kBFloat16);
  const Tensor normal = naive::rms_norm(x.to(at::kDouble), at::ones({32}, at::kDouble), 1e-6).to(at::kBFloat16);
  const Tensor actual = rms_norm(x, gain, 1e-6);
  EXPECT_EQ(actual.scalar_type(), at::kBFloat16);
  // A double and a float statistic may differ where the rounding to bf16 ties.
  EXPECT_GT(actual.eq(normal * gain).to(at::kDouble).mean().item<double>(), 0.999);
  const Tensor late = naive::rms_norm(x.to(at::kDouble), gain.to(at::kDouble), 1e-6).to(at::kBFloat16);
  EXPECT_LT(actual.eq(late).to(at::kDouble).mean().item<double>(), 0.9);
}

TEST(RmsNorm, StatisticsDoNotOverflowHalves) {
  const Tensor x = at::full({1, 8}, 3000.0F).to(at::kHalf);  // 9e6 is above what f16 holds
  EXPECT_TRUE(rms_norm(x, at::ones({8}), 1e-6).equal(at::ones({1, 8}, at::kHalf)));
}

TEST(LayerNorm, FollowsTheFormulaWithAndWithoutShift) {
  const Tensor x = random({6, 24}, 1, at::kDouble) + 3, gain = random({24}, 2, at::kDouble),
               shift = random({24}, 3, at::kDouble);
  for (const double eps : {1e-6, 0.5}) {
    const Tensor expected = naive::layer_norm(x, gain, shift, eps);
    EXPECT_LT(naive::relative_difference(expected, layer_norm(x, gain, shift, eps)), 1e-13);
    EXPECT_LT(naive::relative_difference(expected - shift, layer_norm(x, gain, {}, eps)), 1e-13);
    EXPECT_LT(naive::relative_difference(expected, layer_norm(x.to(at::kFloat), gain, shift, eps)), 1e-5);
    EXPECT_EQ(layer_norm(x.to(at::kBFloat16), gain, shift, eps).scalar_type(), at::kBFloat16);
  }
}

TEST(LayerNorm, AConstantRowBecomesTheShift) {
  const Tensor shift = random({16}, 3);
  EXPECT_TRUE(layer_norm(at::full({1, 16}, 2.5F), at::ones({16}), shift, 1e-5).equal(shift.unsqueeze(0)));
}

}  // namespace
}  // namespace halftone
