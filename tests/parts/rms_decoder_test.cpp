#include "halftone/parts/rms_decoder.h"

#include "tests/expect_error.h"
#include "tests/parts/toy_model.h"
#include <ATen/ops/arange.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "halftone/nn/rope.h"

namespace halftone {
namespace {

constexpr std::int64_t kImage = 10;  // the id of a picture's token

DecoderConfig small_config() {
  DecoderConfig config{.layers = 2,
                       .hidden = 12,
                       .heads = 4,
                       .kv_heads = 2,
                       .head_dim = 6,
                       .intermediate = 20,
                       .vocabulary = 11,
                       .norm_eps = 1e-3,
                       .qkv_bias = true};
  config.frequencies = inverse_frequencies(6, 100);
  return config;
}

std::string module_name(std::int64_t layer, std::string_view role) {
  return fmt::format("l.{}.{}", layer, role);
}

DecoderNames separate_names() {
  return {[](std::int64_t layer, std::string_view role) -> TensorPart {
            return {module_name(layer, role), {}};
          },
          "wte", "norm", "lm_head"};
}

// q, k and v in one tensor by kv group (two q heads, k, v), gate and up in another.
DecoderNames fused_names() {
  DecoderNames names = separate_names();
  names.module = [](std::int64_t layer, std::string_view role) -> TensorPart {
    if (role == "q") return {module_name(layer, "qkv"), {24, 0, 12}};
    if (role == "k") return {module_name(layer, "qkv"), {24, 12, 6}};
    if (role == "v") return {module_name(layer, "qkv"), {24, 18, 6}};
    if (role == "gate") return {module_name(layer, "gate_up"), {40, 0, 20}};
    if (role == "up") return {module_name(layer, "gate_up"), {40, 20, 20}};
    return {module_name(layer, role), {}};
  };
  return names;
}

ToyModel decoder(const DecoderConfig& config, const DecoderNames& names) {
  ToyModel toy;
  toy.graph.image_token = kImage;
  add_rms_decoder(toy.graph, add_language_space(toy.graph, config), config, names);
  return toy;
}

// Two texts; positions of one axis, or of as many as asked.
std::shared_ptr<Batch> texts(std::int64_t axes) {
  auto batch = std::make_shared<Batch>();
  batch->samples = {0, 1};
  batch->tokens = naive::spans_of({5, 3});
  batch->ids = at::tensor({1, 2, 3, 4, 5, 9, 0, 9}, at::kLong);
  batch->positions = axes == 1 ? at::tensor({0, 1, 2, 3, 4, 0, 1, 2}, at::kLong).unsqueeze(0)
                               : at::arange(8 * axes, at::kLong).reshape({axes, 8}) % 5;
  return batch;
}

// The layers and the head as the papers have them.
Tensor transcription(const ToyModel& toy, const DecoderConfig& c, const Batch& batch, const Tensor& angles) {
  Tensor x = toy.get("wte.weight").index_select(0, batch.ids);
  for (std::int64_t i = 0; i < c.layers; ++i) {
    const auto name = [&](const char* role) { return module_name(i, role); };
    const auto heads = [&](const char* role, const Tensor& rows) {
      return toy.linear(name(role), rows).view({rows.size(0), -1, c.head_dim});
    };
    const Tensor a = toy.norm(name("attn_norm"), x, c.norm_eps);
    const Tensor mixed =
        naive::attention(naive::rope(heads("q", a), angles), naive::rope(heads("k", a), angles), heads("v", a),
                         batch.tokens, true, 1 / std::sqrt(c.head_dim));
    x = x + toy.linear(name("o"), mixed);
    const Tensor m = toy.norm(name("mlp_norm"), x, c.norm_eps);
    x = x + toy.linear(name("down"), at::silu(toy.linear(name("gate"), m)) * toy.linear(name("up"), m));
  }
  return toy.linear(c.tied_head ? "wte" : "lm_head", toy.norm("norm", x, c.norm_eps));
}

TEST(RmsDecoder, EqualsAPlainTranscription) {
  for (const bool tied : {false, true}) {
    for (const bool biases : {false, true}) {
      DecoderConfig config = small_config();
      config.tied_head = tied;
      config.qkv_bias = config.o_bias = config.mlp_bias = biases;
      ToyModel toy = decoder(config, separate_names());
      toy.fill();
      EXPECT_EQ(toy.tensors.contains("lm_head.weight"), !tied);
      EXPECT_EQ(toy.tensors.contains("l.1.down.bias"), biases);
      const auto batch = texts(1);
      const Tensor angles = batch->positions[0].to(at::kDouble).unsqueeze(1) * naive::frequencies(6, 100);
      const Tensor expected = transcription(toy, config, *batch, angles);
      EXPECT_LT(naive::relative_difference(expected, toy.run({{}, batch, {}})), 1e-5);
    }
  }
}

TEST(RmsDecoder, SectionsReadTheirOwnAxisOfPositions) {
  DecoderConfig config = small_config();
  config.rope_sections = {1, 2};
  ToyModel toy = decoder(config, separate_names());
  toy.fill();
  const auto batch = texts(2);
  const Tensor axes = batch->positions.to(at::kDouble);
  const Tensor angles = at::stack({axes[0], axes[1], axes[1]}, 1) * naive::frequencies(6, 100);
  const Tensor expected = transcription(toy, config, *batch, angles);
  EXPECT_LT(naive::relative_difference(expected, toy.run({{}, batch, {}})), 1e-5);
}

TEST(RmsDecoder, FusedModulesAreTheSeparateOnes) {
  ToyModel toy = decoder(small_config(), separate_names()), fused = decoder(small_config(), fused_names());
  toy.fill();
  for (const int i : {0, 1}) {
    for (const char* part : {".weight", ".bias"}) {
      const auto rows = [&](const char* role, int first, int count) {
        return toy.tensors.at(module_name(i, role) + part).narrow(0, first, count);
      };
      fused.tensors[module_name(i, "qkv") + part] =
          at::cat({rows("q", 0, 12), rows("k", 0, 6), rows("v", 0, 6), rows("q", 12, 12), rows("k", 6, 6),
                   rows("v", 6, 6)});
    }
    fused.tensors[module_name(i, "gate_up") + ".weight"] = at::cat(
        {toy.tensors.at(module_name(i, "gate") + ".weight"), toy.tensors.at(module_name(i, "up") + ".weight")});
  }
  for (const auto& [name, tensor] : toy.tensors) fused.tensors.try_emplace(name, tensor);
  EXPECT_TRUE(fused.run({{}, texts(1), {}}).equal(toy.run({{}, texts(1), {}})));
}

TEST(RmsDecoder, PicturesTakeThePlacesOfTheirTokensInOrder) {
  ToyModel toy = decoder(small_config(), separate_names());
  toy.fill();
  const auto batch = texts(1);
  batch->ids = at::tensor({1, 10, 10, 2, 3, 10, 4, 5}, at::kLong);
  batch->vision = naive::spans_of({12});
  const Tensor features = naive::random({3, 12}, 40);
  Tensor expected = toy.tensors.at("wte.weight").index_select(0, batch->ids);
  expected[1].copy_(features[0]);
  expected[2].copy_(features[1]);
  expected[5].copy_(features[2]);
  EXPECT_TRUE(toy.run({features, batch, {}}, "embed").equal(expected));
  expect_error(ErrorKind::input, {"3 picture tokens", "2 features"}, [&] {
    toy.run({features.narrow(0, 0, 2), batch, {}}, "embed");
  });
}

TEST(RmsDecoder, ReadersOfOneInputShareItsSpace) {
  const ToyModel toy = decoder(small_config(), separate_names());
  const Block& block = *toy.graph.find_block("language.1");
  const auto input = [&](const char* name) {
    return block.find_site(std::string("language.1.") + name)->input;
  };
  EXPECT_EQ(input("q"), input("k"));
  EXPECT_EQ(input("q"), input("v"));
  EXPECT_EQ(input("gate"), input("up"));
  EXPECT_EQ(input("o").copies, 2);
  EXPECT_EQ(input("o").order, CopyOrder::per_head);
  EXPECT_EQ(toy.graph.space(input("o").space).head_dim, 6);
}

TEST(CheckDecoder, NamesWhatDoesNotFit) {
  const auto refused = [](std::vector<std::string> pieces, auto&& change) {
    DecoderConfig config = small_config();
    change(config);
    pieces.push_back("config.json");
    expect_error(ErrorKind::input, pieces, [&] { check_decoder(config, "config.json"); });
  };
  check_decoder(small_config(), "config.json");
  refused({"number of language layers is 0"}, [](auto& c) { c.layers = 0; });
  refused({"100001 language layers"}, [](auto& c) { c.layers = 100001; });
  refused({"hidden size is -1"}, [](auto& c) { c.hidden = -1; });
  refused({"vocabulary size is 4294967296"}, [](auto& c) { c.vocabulary = std::int64_t{1} << 32; });
  refused({"4 attention heads", "3 key-value heads"}, [](auto& c) { c.kv_heads = 3; });
  refused({"head size of 7"}, [](auto& c) { c.head_dim = 7; });
  refused({"mrope_section adds up to 4", "is 3"}, [](auto& c) { c.rope_sections = {1, 3}; });
  refused({"mrope_section", "negative"}, [](auto& c) { c.rope_sections = {-1, 4}; });
}

}  // namespace
}  // namespace halftone
