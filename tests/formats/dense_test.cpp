#include "tests/expect_error.h"
#include "tests/formats/format_files.h"
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

// Codes -8 .. 7 on a grid of halves, as a patch convolution [2, 2, 2, 2].
QuantizedTensor halves() {
  std::vector<std::int8_t> codes;
  for (int i = -8; i < 8; ++i) codes.push_back(static_cast<std::int8_t>(i));
  WeightScheme scheme;
  scheme.granularity = Granularity::channel;
  return {scheme,
          at::tensor(at::ArrayRef<std::int8_t>(codes), at::kChar).view({2, 8}),
          at::tensor({0.5F, 2.0F}).view({2, 1}),
          {}};
}

ModuleFacts module() {
  ModuleFacts facts;
  facts.module = "visual.proj";
  facts.rows = 2;
  facts.columns = 8;
  facts.convolution = true;
  facts.dtype = DType::f16;
  facts.file_shape = {2, 2, 2, 2};
  facts.scheme = Scheme{halves().scheme, {}};
  return facts;
}

TEST(Dense, WritesTheValuesInTheSourcesTypeAndShape) {
  const auto format = format_named("dense");
  const FormatFiles files(*format, module(), halves());
  const Tensor weight = files.tensor("visual.proj.weight");
  EXPECT_EQ(weight.scalar_type(), at::kHalf);
  EXPECT_EQ(weight.sizes(), at::IntArrayRef({2, 2, 2, 2}));
  for (int i = 0; i < 16; ++i)
    EXPECT_EQ(weight.view({-1})[i].item<float>(), static_cast<float>(i - 8) * (i < 8 ? 0.5F : 2.0F));
  EXPECT_EQ(files.source->list().size(), 1u);
}

TEST(Dense, RefusesWhatPlainWeightsCannotSay) {
  const auto format = format_named("dense");
  EXPECT_FALSE(format->refuse(module()).has_value());
  ModuleFacts tied = module();
  tied.tied = true;
  EXPECT_THAT(format->refuse(tied).value_or(""), testing::HasSubstr("token embedding"));
  ModuleFacts w4a8 = module();
  w4a8.scheme->input = InputScheme{};
  EXPECT_THAT(format->refuse(w4a8).value_or(""), testing::HasSubstr("activations"));
}

TEST(Dense, LeavesNoTraceInTheConfig) {
  const auto format = format_named("dense");
  EXPECT_TRUE(format->config({module()}, {}).is_null());
  EXPECT_FALSE(format->recognizes({{"quantization_config", {{"quant_method", "dense"}}}}));
}

}  // namespace
}  // namespace halftone
