#include "tests/expect_error.h"
#include "tests/methods/method_bench.h"
#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>

#include "halftone/model/flow.h"
#include "halftone/quant/distortion.h"

namespace halftone {
namespace {

Tensor codes(std::initializer_list<int> values) {
  return at::tensor(std::vector<int>(values), at::kInt).to(at::kChar).view({1, -1});
}

// Inputs (1, 1) and (0, e): H = [[1, 1], [1, 1 + e^2]]. Scale 1 (the largest is 7.5), so column 0 rounds 0.4 to
// 0 and its error 0.4 * R_01 / R_11, nearly all of it for a small e, moves into column 1: 2.2 becomes 2.6.
TEST(Gptq, FeedsTheErrorForward) {
  const Tensor w = at::tensor({0.4F, 2.2F, 7.5F}).view({1, 3});
  const Tensor x = at::tensor({1.0F, 1.0F, 0.0F, 0.0F, 0.01F, 0.0F, 0.0F, 0.0F, 1.0F}).view({3, 3});
  const std::string exact = "{damp: 0, order: none, grids: fixed}";
  EXPECT_TRUE(run_method("gptq", exact, w, channel_scheme(4), x).quantized.codes.equal(codes({0, 3, 7})));
  EXPECT_TRUE(run_method("rtn", "{}", w, channel_scheme(4), x).quantized.codes.equal(codes({0, 2, 7})));
}

// A diagonal Hessian has nothing to feed: the codes are those of rounding, the loss the weighted error.
TEST(Gptq, WithoutCorrelationItIsRounding) {
  at::manual_seed(1);
  const Tensor w = at::randn({6, 8}), x = at::eye(8) * 3;
  const auto ours = run_method("gptq", "{damp: 0.01}", w, channel_scheme(4), x);
  const auto rtn = run_method("rtn", "{}", w, channel_scheme(4), x);
  EXPECT_TRUE(ours.quantized.codes.equal(rtn.quantized.codes));
  const Tensor error = dequantize(ours.quantized) - w;
  // H = 9 I, damped by 1 %, a mean over 8 rows.
  EXPECT_NEAR(ours.record["gptq_loss"].get<double>(), error.square().sum().item<double>() * 9 * 1.01 / 8, 1e-4);
}

// 8 x 6, against the textbook form worked out with the explicit inverse.
TEST(Gptq, IsTheTextbookForm) {
  at::manual_seed(2);
  Tensor w = at::randn({8, 6});
  w.select(1, 0).mul_(0.1);  // no row's extreme, which would be a tie of rounding, comes first
  const Tensor x = at::mm(at::randn({50, 6}), at::randn({6, 6}));
  Tensor h = x.t().mm(x).to(at::kDouble);
  h = h + at::eye(6, at::kDouble) * (0.01 * h.diagonal().mean());
  const Tensor scale = w.abs().amax(1) / 7.5;
  Tensor rest = w.to(at::kDouble).clone(), expected = at::zeros({8, 6}, at::kChar);
  Tensor inverse = h.inverse();
  for (std::int64_t k = 0; k < 6; ++k) {
    const Tensor value = rest.select(1, k);
    const Tensor code = (value / scale).round().clamp(-8, 7);
    expected.select(1, k).copy_(code);
    const Tensor error = (value - code * scale) / inverse[k][k];
    rest = rest - error.unsqueeze(1) * inverse[k].unsqueeze(0);
    // The column leaves: its row and column are eliminated from the inverse.
    inverse = inverse - inverse.select(1, k).unsqueeze(1) * inverse[k].unsqueeze(0) / inverse[k][k];
  }
  EXPECT_TRUE(
      run_method("gptq", "{damp: 0.01, order: none}", w, channel_scheme(4), x).quantized.codes.equal(expected));
}

TEST(Gptq, ModalityWeightsChooseWhoseInputsCount) {
  at::manual_seed(3);
  const Tensor w = at::randn({8, 16}), text = at::mm(at::randn({40, 4}), at::randn({4, 16})),
               vision = at::mm(at::randn({40, 4}), at::randn({4, 16}));
  const Tensor both = at::cat({text, vision});
  const Tensor modality = at::cat({at::full({40}, kText, at::kByte), at::full({40}, kVision, at::kByte)});
  const auto loss_on = [&](const Tensor& x, const std::string& weights) {
    const std::string params = "{modality_weights: " + weights + "}";
    const auto q = run_method("gptq", params, w, channel_scheme(3), both, modality).quantized;
    return gram_error(dequantize(q) - w, x.t().mm(x));
  };
  EXPECT_LT(loss_on(vision, "{text: 0.001}"), loss_on(vision, "{vision: 0.001}"));
  EXPECT_LT(loss_on(text, "{vision: 0.001}"), loss_on(text, "{text: 0.001}"));
}

TEST(Gptq, InputsThatNeverFireAreCountedAndRoundPlainly) {
  Tensor x = at::eye(4);
  x.select(1, 2).zero_();
  const Tensor w = at::tensor({7.5F, 0.4F, 3.4F, -2.0F}).view({1, 4});
  const auto run = run_method("gptq", "{}", w, channel_scheme(4), x);
  EXPECT_EQ(run.record["dead_inputs"], 1);
  EXPECT_TRUE(run.quantized.codes.equal(codes({7, 0, 3, -2})));
}

TEST(Gptq, WithoutATokenItStops) {
  expect_error(ErrorKind::input, {"no calibration token", "block.w"}, [] {
    run_method("gptq", "{}", at::ones({2, 4}), channel_scheme(4), at::zeros({0, 4}));
  });
}

TEST(Gptq, RefusesFloatWeights) {
  Faults faults;
  const auto method = make_method("gptq", "{}", faults);
  Scheme scheme = channel_scheme(8);
  EXPECT_FALSE(method->refuse(scheme).has_value());
  scheme.weight.kind = NumberKind::floating;
  EXPECT_THAT(method->refuse(scheme).value_or(""), testing::HasSubstr("rtn"));
}

TEST(Gptq, UnknownAndImpossibleParametersAreFaults) {
  Faults faults;
  make_method("gptq", "{dmap: 1, damp: -1, attempts: 0, order: size, modality_weights: {text: -1}}", faults);
  EXPECT_THAT(faults.lines(), testing::UnorderedElementsAre(testing::HasSubstr("did you mean \"damp\"?"),
                                                            testing::HasSubstr("methods.gptq.damp"),
                                                            testing::HasSubstr("methods.gptq.attempts"),
                                                            testing::HasSubstr("none, weight"),
                                                            testing::HasSubstr("modality_weights")));
  Faults typo;
  make_method("gptq", "{modality_weights: {txet: 2}}", typo);
  EXPECT_THAT(typo.lines(), testing::ElementsAre(testing::HasSubstr("txet")));
}

}  // namespace
}  // namespace halftone
