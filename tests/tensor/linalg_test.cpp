#include "halftone/tensor/linalg.h"

#include <cmath>
#include <limits>

#include "tests/expect_error.h"
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

// A Gram matrix of 2n random rows, so well conditioned.
Tensor random_gram(std::int64_t n, at::ScalarType type, std::uint64_t seed) {
  const Tensor x = at::randn({2 * n, n}, at::detail::createCPUGenerator(seed), type);
  const Tensor h = at::mm(x.t(), x).div_(2 * n);
  return h.tril() + h.tril(-1).t();  // symmetric to the last bit
}

Tensor product(const Tensor& h) {
  const Tensor r = h.triu().to(at::kDouble);
  return at::mm(r, r.t());
}

// |H - R R^T| / |H|, in double.
double residual(const Tensor& original, const Tensor& factored) {
  const Tensor h = original.to(at::kDouble);
  return ((product(factored) - h).norm() / h.norm()).item<double>();
}

TEST(ReversedCholesky, TwoByTwoInClosedForm) {
  // [a b; b c]: r22 = sqrt(c), r12 = b / r22, r11 = sqrt(a - b^2 / c).
  Tensor h = at::tensor({5.0, 6.0, 6.0, 9.0}, at::kDouble).reshape({2, 2});
  ASSERT_TRUE(reversed_cholesky_(h));
  EXPECT_TRUE(h.triu().equal(at::tensor({1.0, 2.0, 0.0, 3.0}, at::kDouble).reshape({2, 2}))) << h;
}

TEST(ReversedCholesky, ThreeByThreeInClosedForm) {
  for (const auto type : {at::kFloat, at::kDouble}) {
    const Tensor r = at::tensor({2, 3, 1, 0, 4, 5, 0, 0, 6}, type).reshape({3, 3});
    Tensor h = at::mm(r, r.t());  // 14 17 6 / 17 41 30 / 6 30 36
    ASSERT_TRUE(reversed_cholesky_(h));
    EXPECT_TRUE(h.triu().allclose(r, 1e-6, 1e-6)) << h;
    EXPECT_EQ(h[1][0].item<double>(), 17);
  }
}

TEST(ReversedCholesky, NothingAndOne) {
  EXPECT_TRUE(reversed_cholesky_(at::zeros({0, 0})));
  Tensor one = at::full({1, 1}, 16.0);
  EXPECT_TRUE(reversed_cholesky_(one));
  EXPECT_EQ(one.item<float>(), 4.0f);
}

class Sizes : public testing::TestWithParam<std::tuple<std::int64_t, at::ScalarType>> {};

TEST_P(Sizes, RebuildsTheMatrixAndLeavesTheLowerTriangle) {
  const auto [n, type] = GetParam();
  const Tensor original = random_gram(n, type, 7);
  Tensor h = original.clone();
  h.copy_(h.tril() + at::full({n, n}, kNaN, type).triu(1));  // what stands above the diagonal is ignored
  ASSERT_TRUE(reversed_cholesky_(h));
  // A backward stable factorization leaves a few units in the last place of the whole.
  const double unit = type == at::kDouble ? 0x1p-53 : 0x1p-24;
  EXPECT_LT(residual(original, h), 10 * unit);
  EXPECT_TRUE(h.tril(-1).equal(original.tril(-1)));
  EXPECT_GT(h.diagonal().min().item<double>(), 0);
}

INSTANTIATE_TEST_SUITE_P(AroundTheBlockSize, Sizes,
                         testing::Combine(testing::Values(1, 2, 511, 512, 513, 1300),
                                          testing::Values(at::kFloat, at::kDouble)));

TEST(ReversedCholesky, SaysWhereAPivotIsNotPositive) {
  for (const std::int64_t n : {2, 600}) {
    for (const std::int64_t bad : {std::int64_t{0}, n / 2, n - 1}) {
      Tensor h = at::eye(n);
      h.diagonal()[bad] = -1;
      EXPECT_FALSE(reversed_cholesky_(h)) << n << " " << bad;
    }
  }
  EXPECT_FALSE(reversed_cholesky_(at::zeros({3, 3})));
  EXPECT_FALSE(reversed_cholesky_(at::ones({2, 2})));
}

TEST(ReversedCholesky, NumbersThatAreNotFiniteAreNeverASuccess) {
  for (const double bad : {kNaN, kInf, -kInf}) {
    for (const auto& [i, j] : {std::pair(0, 0), std::pair(1, 0), std::pair(599, 0), std::pair(599, 598),
                               std::pair(300, 20), std::pair(599, 599), std::pair(80, 80)}) {
      Tensor h = at::eye(600);
      h[i][j] = bad;
      EXPECT_FALSE(reversed_cholesky_(h)) << bad << " at " << i << ", " << j;
    }
  }
}

TEST(DampedCholesky, AddsAShareOfTheMeanDiagonal) {
  const Tensor original = random_gram(40, at::kDouble, 1);
  Tensor h = original.clone();
  const DampedFactor factor = damped_reversed_cholesky_(h, {});
  EXPECT_EQ(factor.damp, 0.01);
  EXPECT_EQ(factor.attempts, 1);
  const Tensor damped = original + at::eye(40, at::kDouble) * (0.01 * original.diagonal().mean());
  EXPECT_LT(residual(damped, h), 1e-15);
  EXPECT_TRUE(h.tril(-1).equal(original.tril(-1)));
}

TEST(DampedCholesky, GrowsTheDampUntilItHolds) {
  // Rank one: in float32, 1 + damp is 1 until damp passes 2^-24, about 6e-8.
  Tensor h = at::ones({2, 2});
  const DampedFactor factor = damped_reversed_cholesky_(h, {.first = 1e-11, .factor = 10, .attempts = 8});
  EXPECT_NEAR(factor.damp, 1e-7, 1e-12);
  EXPECT_EQ(factor.attempts, 5);
  EXPECT_EQ(h[1][0].item<float>(), 1.0f);
}

TEST(DampedCholesky, RankDeficientGramsOfManyColumns) {
  // 300 rows cannot fill 700 columns.
  const Tensor x = at::randn({300, 700}, at::detail::createCPUGenerator(3), at::kFloat);
  Tensor h = at::mm(x.t(), x);
  const Tensor original = h.clone();
  const DampedFactor factor = damped_reversed_cholesky_(h, {.first = 1e-12, .factor = 10, .attempts = 12});
  EXPECT_GT(factor.attempts, 1);
  EXPECT_LT(factor.damp, 1e-3);
  const Tensor damped = original + at::eye(700) * (factor.damp * original.diagonal().mean());
  EXPECT_LT(residual(damped, h), 1e-5);
}

TEST(DampedCholesky, ADampOfZeroGrowsToo) {
  Tensor h = at::ones({2, 2});
  const DampedFactor factor = damped_reversed_cholesky_(h, {.first = 0});
  EXPECT_NEAR(factor.damp, 1e-3, 1e-12);
  EXPECT_EQ(factor.attempts, 2);
}

TEST(DampedCholesky, GivesUpWithAHint) {
  Tensor h = at::eye(3);
  h[2][0] = 100;
  const Error error = error_of([&] { damped_reversed_cholesky_(h, {.attempts = 3}); });
  EXPECT_EQ(error.kind(), ErrorKind::numeric);
  EXPECT_EQ(error.message(), "the Hessian is not positive definite after 3 dampings");
  EXPECT_THAT(error.hint(), testing::HasSubstr("damp"));
}

TEST(DampedCholesky, NumbersThatAreNotFiniteAreNamedSo) {
  for (const double bad : {kNaN, kInf, -kInf}) {
    for (const auto& [i, j] : {std::pair(0, 0), std::pair(1, 0), std::pair(599, 3), std::pair(599, 598)}) {
      Tensor h = at::eye(600);
      h[i][j] = bad;
      expect_error(ErrorKind::numeric, {"not finite"}, [&] { damped_reversed_cholesky_(h, {}); });
    }
  }
}

TEST(DampedCholesky, AnInputThatNeverFiresCountsAsTheMean) {
  Tensor h = at::tensor({4.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 5.0}, at::kDouble).reshape({3, 3});
  damped_reversed_cholesky_(h, {.first = 0.1});
  // Mean 3: the diagonal becomes 4.3, 3.3, 5.3.
  EXPECT_NEAR(h[2][2].item<double>(), std::sqrt(5.3), 1e-15);
  EXPECT_NEAR(h[1][1].item<double>(), std::sqrt(3.3), 1e-15);
  EXPECT_NEAR(h[0][2].item<double>(), 1 / std::sqrt(5.3), 1e-15);
  EXPECT_NEAR(h[0][0].item<double>(), std::sqrt(4.3 - 1 / 5.3), 1e-15);
  EXPECT_EQ(h[0][1].item<double>(), 0);
}

TEST(DampedCholesky, AMatrixOfZerosHasMeanOne) {
  Tensor h = at::zeros({2, 2}, at::kDouble);
  EXPECT_EQ(damped_reversed_cholesky_(h, {.first = 0.21}).attempts, 1);
  EXPECT_TRUE(h.allclose(at::eye(2, at::kDouble) * 1.1));
}

TEST(MirrorLower, CopiesOntoTheUpperTriangle) {
  for (const std::int64_t n : {0, 1, 2, 511, 512, 513, 1030}) {
    Tensor h = at::arange(n * n, at::kFloat).reshape({n, n});
    const Tensor expected = h.tril() + h.tril(-1).t();
    mirror_lower_(h);
    EXPECT_TRUE(h.equal(expected)) << n;
  }
}

}  // namespace
}  // namespace halftone
