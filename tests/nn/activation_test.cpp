#include "halftone/nn/activation.h"

#include <cmath>

#include "tests/expect_error.h"
#include <ATen/ops/linspace.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

double formula(Activation kind, double x) {
  switch (kind) {
    case Activation::silu: return x / (1 + std::exp(-x));
    case Activation::gelu: return x * 0.5 * (1 + std::erf(x / std::sqrt(2)));
    case Activation::gelu_tanh:
      return x * 0.5 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case Activation::quick_gelu: return x / (1 + std::exp(-1.702 * x));
  }
  return 0;
}

TEST(Activate, FollowsTheFormula) {
  const Tensor x = at::linspace(-9, 9, 181, at::kDouble);
  for (const auto kind : {Activation::silu, Activation::gelu, Activation::gelu_tanh, Activation::quick_gelu}) {
    const Tensor y = activate(kind, x), single = activate(kind, x.to(at::kFloat));
    EXPECT_EQ(single.scalar_type(), at::kFloat);
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      const double expected = formula(kind, x[i].item<double>());
      EXPECT_NEAR(y[i].item<double>(), expected, 1e-14);
      EXPECT_NEAR(single[i].item<double>(), expected, 2e-6);
    }
  }
}

TEST(ActivationFromName, KnowsTheWordsOfConfigs) {
  EXPECT_EQ(activation_from_name("silu", "a"), Activation::silu);
  EXPECT_EQ(activation_from_name("swish", "a"), Activation::silu);
  EXPECT_EQ(activation_from_name("gelu", "a"), Activation::gelu);
  EXPECT_EQ(activation_from_name("gelu_pytorch_tanh", "a"), Activation::gelu_tanh);
  EXPECT_EQ(activation_from_name("gelu_new", "a"), Activation::gelu_tanh);
  EXPECT_EQ(activation_from_name("quick_gelu", "a"), Activation::quick_gelu);
}

TEST(ActivationFromName, OthersAreNamed) {
  expect_error(ErrorKind::unsupported, {"config.json", "\"relu\"", "quick_gelu"},
               [] { activation_from_name("relu", "config.json"); });
  expect_error(ErrorKind::unsupported, {"\"SiLU\""}, [] { activation_from_name("SiLU", "a"); });
}

}  // namespace
}  // namespace halftone
