#include "halftone/quant/grid.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tests/expect_error.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

using Floats = std::vector<float>;
using Codes = std::vector<int>;

GridRule rule_of(int bits, bool symmetric, DType scale = DType::f32, ClipSearch clip = {}) {
  return grid_rule({.bits = bits, .symmetric = symmetric, .scale_dtype = scale}, clip);
}

Grid grid_for(const Floats& values, const GridRule& rule, const float* importance = nullptr) {
  return choose_grid(values.data(), static_cast<std::int64_t>(values.size()), rule, importance);
}

Codes encoded(const Floats& values, Grid grid, const GridRule& rule) {
  std::vector<std::int8_t> codes(values.size());
  encode_group(values.data(), static_cast<std::int64_t>(values.size()), grid, rule, codes.data());
  return {codes.begin(), codes.end()};
}

Floats decoded(const std::vector<std::int8_t>& codes, Grid grid) {
  Floats values(codes.size());
  decode_group(codes.data(), static_cast<std::int64_t>(codes.size()), grid, values.data());
  return values;
}

Floats normal(std::size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> draw;
  Floats values(count);
  for (float& v : values) v = draw(engine);
  return values;
}

TEST(ChooseGrid, SymmetricScaleIsTheLargestMagnitudeOverHalfTheSteps) {
  for (const auto& [bits, peak] : {std::pair(2, 1.5F), {3, 3.5F}, {4, 7.5F}, {5, 15.5F}, {8, 127.5F}}) {
    for (const Floats& values : {Floats{0.25F, -peak}, Floats{peak, -1}}) {
      const Grid grid = grid_for(values, rule_of(bits, true));
      EXPECT_EQ(grid.scale, 1) << bits;
      EXPECT_EQ(grid.zero, 0) << bits;
    }
  }
}

TEST(ChooseGrid, AsymmetricByHand) {
  struct Case {
    int bits;
    Floats values;
    float scale, zero;
    Codes codes;
  };
  for (const Case& c :
       {Case{4, {-3, 0, 12}, 1, -5, {-8, -5, 7}},
        Case{4, {3, 7.5F}, 0.5F, -8, {-2, 7}},  // the range is stretched to hold 0
        Case{4, {-15, -3}, 1, 7, {-8, 4}}, Case{3, {-2, 12}, 2, -3, {-4, 3}},
        Case{8, {-127, 128}, 1, -1, {-128, 127}},
        Case{4, {-2.5F, 12.5F}, 1, -6, {-8, 6}}}) {  // -5.5 goes to -6, -2.5 - 6 to -8, 6.5 to 6
    const GridRule rule = rule_of(c.bits, false);
    const Grid grid = grid_for(c.values, rule);
    EXPECT_EQ(grid.scale, c.scale);
    EXPECT_EQ(grid.zero, c.zero);
    EXPECT_EQ(encoded(c.values, grid, rule), c.codes);
  }
}

TEST(ChooseGrid, ConstantGroupsAreExactAndZerosHaveScaleOne) {
  for (const float value : {3.0F, -0.375F}) {
    const GridRule rule = rule_of(4, false);
    const Grid grid = grid_for({value, value, value}, rule);
    EXPECT_EQ(decoded({static_cast<std::int8_t>(value > 0 ? 7 : -8)}, grid), Floats{value});
    EXPECT_EQ(encoded({value}, grid, rule), Codes{value > 0 ? 7 : -8});
  }
  for (const bool symmetric : {true, false}) {
    const GridRule rule = rule_of(4, symmetric, DType::bf16, {20, 0.5F});
    const Grid grid = grid_for({0, 0, -0.0F}, rule);
    EXPECT_EQ(grid.scale, 1);
    EXPECT_EQ(grid.zero, 0);
    EXPECT_EQ(encoded({0, -0.0F}, grid, rule), (Codes{0, 0}));
  }
}

TEST(ChooseGrid, TheScaleIsRoundedBeforeAnyCodeIsChosen) {
  // 3 / 7.5 = 0.4 is 0.400390625 in bf16: 1.0005 is 2.499 steps of that, but 2.501 of 0.4.
  const GridRule rule = rule_of(4, true, DType::bf16);
  const Grid grid = grid_for({3, 1}, rule);
  EXPECT_EQ(grid.scale, 0.400390625F);
  EXPECT_EQ(encoded({1.0005F}, grid, rule), Codes{2});
  EXPECT_EQ(encoded({1.0005F}, {0.4F, 0}, rule), Codes{3});
}

TEST(ChooseGrid, TheZeroStaysACodeWhereTheScaleWasRoundedDown) {
  // 255 * (1 + 2^-8): the scale ties and becomes 1, so the zero would be 127.996, which is no code.
  const Grid grid = grid_for({-255 * (1 + 0x1p-8F), -1}, rule_of(8, false, DType::bf16));
  EXPECT_EQ(grid.scale, 1);
  EXPECT_EQ(grid.zero, 127);
}

TEST(ChooseGrid, InfinitiesAreRefused) {
  const float inf = std::numeric_limits<float>::infinity();
  for (const bool symmetric : {true, false}) {
    expect_error(ErrorKind::numeric, {"inf", "BF16"}, [&] {
      grid_for({1, -inf}, rule_of(4, symmetric, DType::bf16));
    });
  }
}

TEST(EncodeGroup, RoundsHalfToEvenAndClamps) {
  const GridRule rule = rule_of(4, true);
  EXPECT_EQ(encoded({0.5F, 1.5F, 2.5F, -0.5F, -1.5F, -2.5F, 100, -100, 7.5F, -8.5F}, {1, 0}, rule),
            (Codes{0, 2, 2, 0, -2, -2, 7, -8, 7, -8}));
  EXPECT_EQ(encoded({0.5F, 1.5F}, {1, -5}, rule), (Codes{-4, -4}));
}

TEST(EncodeGroup, EveryLengthFollowsTheFormula) {
  for (const std::size_t count : {1UL, 7UL, 16UL, 33UL, 128UL}) {
    const Floats values = normal(count, 3);
    const GridRule rule = rule_of(3, false, DType::f16);
    const Grid grid = grid_for(values, rule);
    const Codes codes = encoded(values, grid, rule);
    for (std::size_t i = 0; i < count; ++i) {
      const float code = std::nearbyint(values[i] / grid.scale + grid.zero);
      EXPECT_EQ(codes[i], static_cast<int>(std::min(3.0F, std::max(-4.0F, code)))) << count;
    }
  }
}

TEST(DecodeGroup, IsTheFormula) {
  EXPECT_EQ(decoded({-8, -5, 0, 7}, {0.5F, -5}), (Floats{-1.5F, 0, 2.5F, 6}));
  EXPECT_TRUE(decoded({}, {1, 0}).empty());
}

// Squared error of every candidate of the header's sentence, in double; the first of the least.
Grid searched(const Floats& values, GridRule rule, const Floats& importance) {
  const ClipSearch clip = rule.clip;
  rule.clip = {};
  Grid best;
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i <= clip.steps; ++i) {
    const float share = 1 - (1 - clip.low) / static_cast<float>(clip.steps) * static_cast<float>(i);
    Floats clipped = values;
    for (float& v : clipped) v *= share;
    const Grid grid = grid_for(clipped, rule);
    const Codes codes = encoded(values, grid, rule);
    double error = 0;
    for (std::size_t k = 0; k < values.size(); ++k) {
      const double e = (static_cast<double>(codes[k]) - grid.zero) * grid.scale - values[k];
      error += importance[k] * e * e;
    }
    if (error < least * (1 - 1e-6)) {
      least = error;
      best = grid;
    }
  }
  return best;
}

TEST(ClipSearch, FindsTheLeastSquaredError) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const std::size_t count = seed < 10 ? 64 : 5000;
    Floats values = normal(count, seed), ones(count, 1), importance(count);
    values[5] *= 3;
    for (std::size_t i = 0; i < count; ++i) importance[i] = static_cast<float>(i % 7);
    for (const bool symmetric : {true, false}) {
      const GridRule rule = rule_of(3, symmetric, DType::bf16, {25, 0.4F});
      EXPECT_EQ(grid_for(values, rule).scale, searched(values, rule, ones).scale) << seed;
      EXPECT_EQ(grid_for(values, rule, importance.data()).scale, searched(values, rule, importance).scale);
    }
  }
}

TEST(ClipSearch, AnOutlierThatDoesNotMatterIsCutAndTheWiderRangeWinsATie) {
  const GridRule rule = rule_of(4, true, DType::f32, {4, 0.5F});
  const Floats values = {15, 1, -2, 3};
  const Floats blind = {0, 1, 1, 1}, none(4, 0);
  EXPECT_EQ(grid_for(values, rule, blind.data()).scale, 1);  // half the range: 1, -2 and 3 are exact
  EXPECT_EQ(grid_for(values, rule, none.data()).scale, 2);   // every error is 0
}

TEST(RoundScale, ToNearestEvenOfEachType) {
  EXPECT_EQ(round_scale(1 + 0x1p-8F, DType::bf16), 1);
  EXPECT_EQ(round_scale(1 + 0x3p-8F, DType::bf16), 1 + 0x1p-6F);
  EXPECT_EQ(round_scale(1 + 0x1p-11F, DType::f16), 1);
  EXPECT_EQ(round_scale(1 + 0x3p-11F, DType::f16), 1 + 0x1p-9F);
  EXPECT_EQ(round_scale(0.1F, DType::f32), 0.1F);
}

TEST(RoundScale, NeverLeavesTheNormalNumbers) {
  EXPECT_EQ(round_scale(1e-9F, DType::f16), 0x1p-14F);
  EXPECT_EQ(round_scale(1e-44F, DType::bf16), 0x1p-126F);
  EXPECT_EQ(round_scale(0, DType::f32), 0x1p-126F);
  EXPECT_EQ(round_scale(65504, DType::f16), 65504);
  expect_error(ErrorKind::numeric, {"70000", "F16"}, [] { round_scale(70000, DType::f16); });
  expect_error(ErrorKind::numeric, {"BF16"}, [] { round_scale(3.4e38F, DType::bf16); });
  expect_error(ErrorKind::numeric, {"nan"}, [] { round_scale(std::nanf(""), DType::f32); });
}

}  // namespace
}  // namespace halftone
