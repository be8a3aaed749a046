#include "tests/methods/method_bench.h"
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>

namespace halftone {
namespace {

MethodRun rtn(const Tensor& w, const Scheme& scheme, const std::string& params = "{}") {
  return run_method("rtn", params, w, scheme, at::zeros({0, w.size(1)}));
}

// max |w| = 7.5 gives a scale of 1; codes round half to even and stop at the ends.
TEST(Rtn, RoundsToTheNearestCode) {
  const auto q =
      rtn(at::tensor({7.5F, -7.5F, 0.5F, 1.5F, -0.4F, 2.6F}).view({1, 6}), channel_scheme(4)).quantized;
  EXPECT_EQ(q.scale.item<float>(), 1);
  EXPECT_TRUE(q.codes.equal(at::tensor({7, -8, 0, 2, 0, 3}, at::kInt).to(at::kChar).view({1, 6})));
}

// One value far out, many small: min-max wipes the small ones out, the search for the least error clips it.
TEST(Rtn, TheSearchClipsWhatIsFarOut) {
  const Tensor w = at::cat({at::full({1, 400}, 0.4F), at::full({1, 1}, 7.5F)}, 1);
  const auto error = [&](const std::string& params) {
    return (dequantize(rtn(w, channel_scheme(4), params).quantized) - w).square().sum().item<double>();
  };
  EXPECT_LT(error("{range: mse}"), 0.5 * error("{range: minmax}"));
  EXPECT_EQ(error("{range: mse, clip_steps: 1, clip_low: 1}"), error("{}"));
}

TEST(Rtn, FloatWeightsAreE4m3) {
  Scheme scheme = channel_scheme(8);
  scheme.weight.kind = NumberKind::floating;
  const auto q = rtn(at::tensor({448.0F, 1.0F, -0.5F, 17.0F}).view({1, 4}), scheme).quantized;
  EXPECT_EQ(q.scale.item<float>(), 1);
  // 17 lies between 16 and 18, the neighbours of three mantissa bits, and ties to the even 16.
  EXPECT_TRUE(q.codes.to(at::kFloat).equal(at::tensor({448.0F, 1.0F, -0.5F, 16.0F}).view({1, 4})));
}

TEST(Rtn, ZeroWeightsStayZero) {
  const auto q = rtn(at::zeros({2, 4}), channel_scheme(3)).quantized;
  EXPECT_TRUE(dequantize(q).equal(at::zeros({2, 4})));
}

TEST(Rtn, UnknownAndImpossibleParametersAreFaults) {
  Faults faults;
  make_method("rtn", "{rnage: mse, clip_steps: 0, clip_low: 2}", faults);
  EXPECT_THAT(faults.lines(), testing::UnorderedElementsAre(testing::HasSubstr("did you mean \"range\"?"),
                                                            testing::HasSubstr("methods.rtn.clip_steps"),
                                                            testing::HasSubstr("methods.rtn.clip_low")));
}

}  // namespace
}  // namespace halftone
