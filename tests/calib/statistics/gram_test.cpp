#include "halftone/calib/statistics/gram.h"

#include "tests/expect_error.h"
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "halftone/model/flow.h"

namespace halftone {
namespace {

Tensor modality_of(const std::vector<std::uint8_t>& values) {
  return at::tensor(at::ArrayRef<std::uint8_t>(values), at::kByte);
}

Observation rows(const Tensor& x, std::uint8_t modality = kText) {
  return {x, at::full({x.size(0)}, modality, at::kByte)};
}

double largest(const Tensor& x) { return x.abs().max().item<double>(); }

// x_1 = (1, 2), x_2 = (3, -1): H = x_1 x_1^T + x_2 x_2^T, by hand.
TEST(Gram, IsTheSumOfOuterProducts) {
  Gram gram(2, {}, at::kCPU);
  gram.add(rows(at::tensor({1.0F, 2.0F, 3.0F, -1.0F}).view({2, 2})));
  const Tensor h = gram.lower();
  EXPECT_EQ(h[0][0].item<float>(), 10);
  EXPECT_EQ(h[1][0].item<float>(), -1);
  EXPECT_EQ(h[1][1].item<float>(), 5);
  EXPECT_EQ(gram.rows(), 2);
}

// 2 * x_1 x_1^T + 0.5 * x_2 x_2^T of the same rows.
TEST(Gram, WeighsRowsByTheirModality) {
  Gram gram(2, {.text = 2, .vision = 0.5}, at::kCPU);
  gram.add({at::tensor({1.0F, 2.0F, 3.0F, -1.0F}).view({2, 2}), modality_of({kText, kVision})});
  const Tensor h = gram.lower();
  EXPECT_NEAR(h[0][0].item<float>(), 2 * 1 + 0.5 * 9, 1e-6);
  EXPECT_NEAR(h[1][0].item<float>(), 2 * 2 + 0.5 * -3, 1e-6);
  EXPECT_NEAR(h[1][1].item<float>(), 2 * 4 + 0.5 * 1, 1e-6);
}

TEST(Gram, AWeightOfZeroRemovesARow) {
  at::manual_seed(1);
  const Tensor text = at::randn({5, 3}), vision = at::randn({4, 3});
  Gram both(3, {.text = 1, .vision = 0}, at::kCPU), alone(3, {}, at::kCPU);
  both.add(rows(text, kText));
  both.add(rows(vision, kVision));
  alone.add(rows(text, kText));
  EXPECT_TRUE(both.lower().tril().equal(alone.lower().tril()));
}

// Wider than one panel, and not a multiple of it.
TEST(Gram, PanelsGiveTheWholeLowerTriangle) {
  at::manual_seed(2);
  const Tensor x = at::randn({8, 1100});
  Gram gram(1100, {}, at::kCPU);
  gram.add(rows(x));
  const Tensor exact = x.to(at::kDouble).t().mm(x.to(at::kDouble));
  EXPECT_LE(largest((gram.lower().to(at::kDouble) - exact).tril()), 1e-5 * largest(exact));
}

TEST(Gram, LeavesTheObservationAlone) {
  const Tensor x = at::ones({2, 2});
  Gram gram(2, {.text = 4}, at::kCPU);
  gram.add(rows(x));
  EXPECT_TRUE(x.equal(at::ones({2, 2})));
}

TEST(Gram, NoRowsChangeNothing) {
  Gram gram(2, {}, at::kCPU);
  gram.add(rows(at::zeros({0, 2})));
  EXPECT_EQ(gram.rows(), 0);
  EXPECT_EQ(largest(gram.lower().tril()), 0);
}

TEST(Gram, NumbersThatAreNotFiniteAreAnError) {
  for (const float bad : {NAN, INFINITY, -INFINITY, 3e38F}) {
    Gram gram(2, {}, at::kCPU);
    expect_error(ErrorKind::numeric, {"not finite"}, [&] { gram.add(rows(at::full({1, 2}, bad))); });
  }
}

TEST(Gram, HalfPrecisionInputsAreSummedInFloat32) {
  // 4096 rows of ones: bfloat16 would stop counting at 256.
  Gram gram(2, {}, at::kCPU);
  gram.add(rows(at::ones({4096, 2}, at::kBFloat16)));
  EXPECT_EQ(gram.lower()[1][0].item<float>(), 4096);
}

}  // namespace
}  // namespace halftone
