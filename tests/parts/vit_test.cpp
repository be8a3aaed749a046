#include "halftone/parts/vit.h"

#include "tests/expect_error.h"
#include "tests/parts/toy_model.h"
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

VitConfig small_config() {
  return {.layers = 2, .hidden = 16, .heads = 2, .intermediate = 20, .norm_eps = 1e-3, .rope_theta = 50};
}

ToyModel tower(const VitConfig& config) {
  ToyModel toy;
  add_vit(toy.graph, add_vision_space(toy.graph, config, {}), config,
          [](std::int64_t layer, std::string_view role) -> TensorPart {
            return {fmt::format("v.{}.{}", layer, role), {}};
          });
  return toy;
}

// A picture of 2 x 3 patches and one of 2 x 2.
std::shared_ptr<Batch> pictures() {
  auto batch = std::make_shared<Batch>();
  batch->vision = naive::spans_of({6, 4});
  batch->coordinates =
      at::tensor({0, 0, 0, 1, 0, 2, 1, 0, 1, 1, 1, 2, 0, 0, 0, 1, 1, 0, 1, 1}, at::kLong).reshape({10, 2});
  return batch;
}

// Half of the frequencies turn by the row of the patch, half by its column.
Tensor grid_angles(const Batch& batch, std::int64_t head_dim, double theta) {
  const Tensor frequencies = naive::frequencies(head_dim / 2, theta), where = batch.coordinates.to(at::kDouble);
  return at::cat({where.narrow(1, 0, 1) * frequencies, where.narrow(1, 1, 1) * frequencies}, 1);
}

Tensor transcription(const ToyModel& toy, const VitConfig& c, const Batch& batch, Tensor x) {
  for (std::int64_t i = 0; i < c.layers; ++i) {
    const auto name = [&](const char* role) { return fmt::format("v.{}.{}", i, role); };
    const Tensor a = toy.norm(name("norm1"), x, c.norm_eps);
    const auto heads = [&](const char* role) {
      Tensor flat = toy.linear(name(role), a);
      if (c.qk_norm && std::string(role) != "v")
        flat = naive::rms_norm(flat, toy.get(name(role) + "_norm.weight"), c.norm_eps);
      const Tensor rows = flat.view({a.size(0), c.heads, -1});
      const bool turned = c.rope_theta > 0 && std::string(role) != "v";
      return turned ? naive::rope(rows, grid_angles(batch, c.head_dim(), c.rope_theta)) : rows;
    };
    const auto scaled = [&](const char* role, const Tensor& y) {
      return c.layer_scale ? y * toy.get(name(role)) : y;
    };
    x = x +
        scaled("ls1", toy.linear(name("o"), naive::attention(heads("q"), heads("k"), heads("v"), batch.vision,
                                                             false, 1 / std::sqrt(c.head_dim()))));
    const Tensor mid = toy.linear(name("fc1"), toy.norm(name("norm2"), x, c.norm_eps));
    x = x + scaled("ls2", toy.linear(name("fc2"), mid * at::sigmoid(mid * 1.702)));
  }
  return x;
}

TEST(Vit, EqualsAPlainTranscription) {
  const auto batch = pictures();
  const Tensor x = naive::random({10, 16}, 30);
  for (const auto norm : {NormKind::layer, NormKind::rms}) {
    for (const double theta : {0.0, 50.0}) {
      for (const bool biases : {false, true}) {
        VitConfig config = small_config();
        config.norm = norm;
        config.rope_theta = theta;
        config.qkv_bias = config.out_bias = config.mlp_bias = biases;
        ToyModel toy = tower(config);
        toy.fill();
        EXPECT_EQ(toy.tensors.contains("v.0.norm1.bias"), norm == NormKind::layer);
        EXPECT_EQ(toy.tensors.contains("v.1.fc2.bias"), biases);
        const Tensor expected = transcription(toy, config, *batch, x.to(at::kDouble));
        EXPECT_LT(naive::relative_difference(expected, toy.run({x, batch, {}})), 1e-5);
      }
    }
  }
}

TEST(Vit, NormsOfQueriesAndKeysAndLayerScales) {
  VitConfig config = small_config();
  config.qk_norm = config.layer_scale = true;
  ToyModel toy = tower(config);
  toy.fill();
  const Tensor x = naive::random({10, 16}, 30);
  const Tensor expected = transcription(toy, config, *pictures(), x.to(at::kDouble));
  EXPECT_LT(naive::relative_difference(expected, toy.run({x, pictures(), {}})), 1e-5);
}

TEST(Vit, TurnsInFloatAndRoundsOnce) {
  ToyModel toy = tower(small_config());
  toy.fill();
  const Tensor x = naive::random({10, 16}, 30), full = toy.run({x, pictures(), {}});
  const Tensor half = toy.run({x.to(at::kBFloat16), pictures(), {}}, {}, at::kBFloat16);
  EXPECT_EQ(half.scalar_type(), at::kBFloat16);
  EXPECT_LT(naive::relative_difference(full, half), 5e-2);
}

TEST(Vit, PicturesDoNotSeeEachOther) {
  ToyModel toy = tower(small_config());
  toy.fill();
  Tensor x = naive::random({10, 16}, 30);
  const Tensor before = toy.run({x, pictures(), {}});
  x = at::cat({x.narrow(0, 0, 6), naive::random({4, 16}, 31)});
  const Tensor after = toy.run({x, pictures(), {}});
  EXPECT_TRUE(before.narrow(0, 0, 6).allclose(after.narrow(0, 0, 6)));
  EXPECT_FALSE(before.narrow(0, 6, 4).allclose(after.narrow(0, 6, 4), 0.1, 0.1));
}

TEST(CheckVit, NamesWhatDoesNotFit) {
  const auto refused = [](std::vector<std::string> pieces, auto&& change) {
    VitConfig config = small_config();
    change(config);
    pieces.push_back("config.json");
    expect_error(ErrorKind::input, pieces, [&] { check_vit(config, "config.json"); });
  };
  check_vit(small_config(), "config.json");
  refused({"number of vision layers is -3"}, [](auto& c) { c.layers = -3; });
  refused({"100001 vision layers"}, [](auto& c) { c.layers = 100001; });
  refused({"number of vision heads is 0"}, [](auto& c) { c.heads = 0; });
  refused({"width of 16", "3 heads"}, [](auto& c) { c.heads = 3; });
  refused({"width of 16", "8 heads"}, [](auto& c) { c.heads = 8; });  // heads of 2 have no 2-D rotation
}

}  // namespace
}  // namespace halftone
