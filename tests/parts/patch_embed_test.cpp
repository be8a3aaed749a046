#include "halftone/parts/patch_embed.h"

#include "tests/expect_error.h"
#include "tests/parts/toy_model.h"
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "halftone/model/block_builder.h"

namespace halftone {
namespace {

PatchEmbedConfig small_config() {
  PatchEmbedConfig c;
  c.hidden = 5;
  c.patch = 2;
  c.grid = 3;
  c.conv_module = "conv";
  return c;
}

ToyModel toy_of(const PatchEmbedConfig& config) {
  ToyModel toy;
  const SpaceId hidden = add_space(toy.graph, {"vision.hidden", config.hidden, {}, 0});
  add_patch_embed(toy.graph, hidden, config);
  toy.fill();
  return toy;
}

// Patches of the tiles by the operator that the reference uses: [tiles, patches, hidden].
Tensor convolved(const ToyModel& toy, const Tensor& pixels, std::int64_t patch) {
  const Tensor bias = toy.tensors.contains("conv.bias") ? toy.get("conv.bias") : Tensor();
  return at::conv2d(pixels.to(at::kDouble), toy.get("conv.weight"), bias, patch).flatten(2).transpose(1, 2);
}

TEST(PatchEmbed, IsAConvolution) {
  for (const bool bias : {false, true}) {
    PatchEmbedConfig config = small_config();
    config.conv_bias = bias;
    const ToyModel toy = toy_of(config);
    EXPECT_EQ(toy.tensors.contains("conv.bias"), bias);
    const Tensor pixels = naive::random({2, 3, 6, 6}, 9);
    EXPECT_LT(naive::relative_difference(convolved(toy, pixels, 2).reshape({18, 5}), toy.run({pixels, {}, {}})),
              1e-6);
  }
}

TEST(PatchEmbed, TheClassTokenIsTheFirstRowOfATileAndPositionsAreAdded) {
  PatchEmbedConfig config = small_config();
  config.class_token = {"class", {1, 1, 5}};
  config.positions = {"positions", {1, 10, 5}};
  EXPECT_EQ(config.rows(), 10);
  const ToyModel toy = toy_of(config);
  const Tensor pixels = naive::random({2, 3, 6, 6}, 9), first = toy.get("class").expand({2, 1, 5});
  const Tensor expected = at::cat({first, convolved(toy, pixels, 2)}, 1) + toy.get("positions");
  const Tensor out = toy.run({pixels, {}, {}});
  EXPECT_LT(naive::relative_difference(expected.reshape({20, 5}), out), 1e-6);
  EXPECT_TRUE(drop_class_token(out, 10).equal(out.view({2, 10, 5}).narrow(1, 1, 9).reshape({18, 5})));
}

// A bicubic scaling of a plane is the plane away from its edges, and the class token's position stays.
TEST(PatchEmbed, PositionsOfAnotherGridAreScaled) {
  PatchEmbedConfig config = small_config();
  config.grid = 6;
  config.position_grid = 12;
  config.class_token = {"class", {5}};
  config.positions = {"positions", {}};
  ToyModel toy = toy_of(config);
  for (auto& [name, tensor] : toy.tensors) tensor.zero_();
  Tensor plane = at::arange(12, at::kFloat).view({12, 1, 1}) * 10 + at::arange(12, at::kFloat).view({1, 12, 1});
  toy.tensors["positions"].narrow(0, 1, 144).copy_(plane.expand({12, 12, 5}).reshape({144, 5}));
  toy.tensors["positions"][0].fill_(77);
  const Tensor out = toy.run({at::zeros({1, 3, 12, 12}), {}, {}});
  EXPECT_EQ(out[0][0].item<float>(), 77);
  for (const std::int64_t row : {1, 3, 4}) {
    for (const std::int64_t column : {2, 3}) {
      const double wanted =
          10 * (2.0 * static_cast<double>(row) + 0.5) + 2.0 * static_cast<double>(column) + 0.5;
      EXPECT_NEAR(out[1 + row * 6 + column][4].item<float>(), wanted, 1e-3) << row << " " << column;
    }
  }
}

TEST(PatchEmbed, ANormBehindItLeadsToTheStream) {
  PatchEmbedConfig config = small_config();
  config.norm = NormKind::layer;
  config.norm_module = "norm";
  config.norm_eps = 1e-3;
  const ToyModel toy = toy_of(config);
  const Tensor pixels = naive::random({1, 3, 6, 6}, 9);
  const Tensor expected = toy.norm("norm", convolved(toy, pixels, 2).reshape({9, 5}), 1e-3);
  EXPECT_LT(naive::relative_difference(expected, toy.run({pixels, {}, {}})), 1e-5);
  EXPECT_EQ(toy.graph.space(toy.graph.blocks[0].links[0].to).name, "vision.hidden");
  EXPECT_TRUE(toy.graph.space(toy.graph.blocks[0].links[0].from).admits.centring);
}

TEST(PatchEmbed, NumbersThatCannotBeAreNamed) {
  PatchEmbedConfig config = small_config();
  config.grid = 0;
  expect_error(ErrorKind::input, {"here", "side of a tile is 0"}, [&] { check_patch_embed(config, "here"); });
  config.grid = 3;
  config.patch = 4000;
  expect_error(ErrorKind::input, {"here", "patch size is 4000"}, [&] { check_patch_embed(config, "here"); });
}

}  // namespace
}  // namespace halftone
