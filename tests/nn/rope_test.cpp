#include "halftone/nn/rope.h"

#include <array>

#include "tests/expect_error.h"
#include "tests/nn/naive.h"
#include <ATen/ops/arange.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

using naive::random;

TEST(InverseFrequencies, FollowTheFormula) {
  const Tensor two = inverse_frequencies(4, 10000);
  EXPECT_TRUE(two.allclose(at::tensor({1.0F, 0.01F})));
  for (const double theta : {10000.0, 1e6}) {
    EXPECT_LT(naive::relative_difference(naive::frequencies(128, theta), inverse_frequencies(128, theta)),
              1e-6);
    EXPECT_NEAR(inverse_frequencies(128, theta)[63].item<double>() * std::pow(theta, 126.0 / 128), 1, 1e-5);
  }
  EXPECT_EQ(two.scalar_type(), at::kFloat);
}

TEST(RopeTable, HalvesAreAlike) {
  const Tensor angles = random({5, 3}, 1);
  const RopeTable table = rope_table(angles);
  EXPECT_TRUE(table.cos.equal(at::cat({angles.cos(), angles.cos()}, 1)));
  EXPECT_TRUE(table.sin.equal(at::cat({angles.sin(), angles.sin()}, 1)));
}

TEST(ApplyRope, AQuarterTurnByHand) {
  // Channels 0 and 2 turn by a right angle, 1 and 3 not at all.
  const RopeTable table = rope_table(at::tensor({M_PI / 2, 0.0}).to(at::kFloat).unsqueeze(0));
  const Tensor x = at::tensor({1.0F, 2.0F, 3.0F, 4.0F}).reshape({1, 1, 4});
  EXPECT_TRUE(
      apply_rope(x, table).allclose(at::tensor({-3.0F, 2.0F, 1.0F, 4.0F}).reshape({1, 1, 4}), 1e-5, 1e-6));
}

TEST(ApplyRope, FollowsTheFormulaAndKeepsLengths) {
  const Tensor x = random({9, 3, 16}, 1, at::kDouble);
  const Tensor angles = rope_angles(at::arange(9, at::kLong) * 7, inverse_frequencies(16, 10000));
  EXPECT_LT(
      naive::relative_difference(
          at::arange(9).to(at::kDouble).unsqueeze(1) * 7 * naive::frequencies(16, 10000).unsqueeze(0), angles),
      1e-6);
  const Tensor turned = apply_rope(x.to(at::kFloat), rope_table(angles));
  EXPECT_LT(naive::relative_difference(naive::rope(x, angles), turned), 1e-6);
  EXPECT_LT(naive::relative_difference(x.norm(2, -1), turned.norm(2, -1)), 1e-6);
  EXPECT_TRUE(turned[0].equal(x[0].to(at::kFloat)));
}

TEST(ApplyRope, ProductsDependOnDistanceAlone) {
  const Tensor q = random({1, 1, 32}, 1).expand({20, 1, 32}), k = random({1, 1, 32}, 2).expand({20, 1, 32});
  const RopeTable table = rope_table(rope_angles(at::arange(20, at::kLong), inverse_frequencies(32, 10000)));
  const Tensor a = apply_rope(q, table).squeeze(1), b = apply_rope(k, table).squeeze(1);
  for (const int at : {0, 5, 11})
    EXPECT_NEAR(a[at + 3].dot(b[at]).item<double>(), a[3].dot(b[0]).item<double>(), 1e-4);
}

TEST(ApplyRope, TheTableTakesTheTypeOfX) {
  const Tensor x = random({4, 2, 8}, 1, at::kBFloat16), angles = random({4, 4}, 2);
  const Tensor turned = apply_rope(x, rope_table(angles));
  EXPECT_EQ(turned.scalar_type(), at::kBFloat16);
  EXPECT_TRUE(turned.equal(apply_rope(x, {rope_table(angles).cos.to(at::kBFloat16).to(at::kFloat),
                                          rope_table(angles).sin.to(at::kBFloat16).to(at::kFloat)})));
  EXPECT_LT(naive::relative_difference(naive::rope(x.to(at::kDouble), angles), turned), 2e-2);
}

TEST(RopeAnglesBySection, EachFrequencyReadsItsAxis) {
  const Tensor frequencies = at::tensor({1.0F, 0.5F, 0.25F, 0.125F, 2.0F});
  const Tensor positions = at::tensor({0, 1, 2, 10, 20, 30, 100, 200, 300}, at::kLong).reshape({3, 3});
  const std::array<std::int64_t, 3> sections = {1, 3, 1};
  const Tensor expected = at::tensor({0.0F, 5.0F, 2.5F, 1.25F, 200.0F, 1.0F, 10.0F, 5.0F, 2.5F, 400.0F, 2.0F,
                                      15.0F, 7.5F, 3.75F, 600.0F})
                              .reshape({3, 5});
  EXPECT_TRUE(rope_angles_by_section(positions, frequencies, sections).equal(expected));
}

TEST(RopeAnglesBySection, EqualAxesAreOneAxis) {
  const Tensor frequencies = inverse_frequencies(16, 1e6), row = at::arange(11, at::kLong);
  const std::array<std::int64_t, 3> sections = {2, 3, 3};
  EXPECT_TRUE(rope_angles_by_section(at::stack({row, row, row}), frequencies, sections)
                  .equal(rope_angles(row, frequencies)));
}

TEST(RopeAnglesBySection, SectionsMustCoverTheFrequencies) {
  const Tensor frequencies = inverse_frequencies(16, 1e6), row = at::arange(11, at::kLong);
  const std::array<std::int64_t, 2> few = {2, 3};
  expect_error(ErrorKind::internal, {}, [&] {
    rope_angles_by_section(at::stack({row, row}), frequencies, few);
  });
  expect_error(ErrorKind::internal, {}, [&] {
    rope_angles_by_section(at::stack({row, row, row}), frequencies, few);
  });
}

}  // namespace
}  // namespace halftone
