// docs/adding-a-family.md followed to its end: a toy family that is no part of the library, a checkpoint with
// random weights for it, and what the property suites ask of every family.
#include "tests/expect_error.h"
#include "tests/temp_directory.h"
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include "halftone/io/safetensors_sink.h"
#include "halftone/model/basis_change.h"
#include "halftone/nn/rope.h"
#include "halftone/parts/decoder_keys.h"
#include "halftone/parts/patch_embed.h"
#include "halftone/parts/projector.h"
#include "halftone/parts/vit.h"
#include "halftone/stream/checkpoint.h"
#include "halftone/stream/walker.h"

namespace halftone::test {
namespace {

// ---- 1 to 5: the family

class Tiny final : public Family {
 public:
  std::vector<std::string> model_types() const override { return {"tiny"}; }
  std::string summary() const override { return "a toy"; }
  ModelSpec open(const CheckpointFacts& facts) const override {
    DecoderConfig decoder =
        read_decoder_keys(facts.config, {.kv_heads = 1, .vocabulary = 40}, facts.config_path);
    ModelSpec spec;
    spec.graph.max_positions = read_rope_keys(facts.config, 1e4, 256, decoder, facts.config_path);
    VitConfig tower{.layers = 1, .hidden = 16, .heads = 2, .intermediate = 24};
    check_vit(tower, facts.config_path);
    build(spec.graph, decoder, tower);
    spec.images = CropPolicy{.shortest_edge = 28, .crop = 28, .patch = 7};
    spec.chat.user = {"[", "]", ""};
    return spec;
  }

 private:
  static TensorPart module(const char* stage, std::int64_t layer, std::string_view role) {
    return {fmt::format("{}.{}.{}", stage, layer, role), {}};
  }
  static void build(ModelGraph& graph, const DecoderConfig& decoder, const VitConfig& tower) {
    graph.image_token = 39;
    graph.vocabulary = decoder.vocabulary;
    graph.positions = [](std::span<const std::int64_t> ids, std::span<const ImageLayout>) {
      return at::arange(static_cast<std::int64_t>(ids.size()), at::kLong).unsqueeze(0);
    };
    graph.vision_rows = [](const ImageLayout& layout) { return tile_rows(layout, 16); };
    const SpaceId vision = add_vision_space(graph, tower, {.orthogonal_ones = true, .centring = true});
    const SpaceId language = add_language_space(graph, decoder);
    PatchEmbedConfig embed;
    embed.hidden = tower.hidden;
    embed.patch = 7;
    embed.grid = 4;
    embed.conv_module = "eye.patch";
    embed.positions = {"eye.positions", {}};
    add_patch_embed(graph, vision, embed);
    add_vit(graph, vision, tower, [](auto layer, auto role) { return module("eye", layer, role); });
    ProjectorConfig bridge;
    bridge.from = vision;
    bridge.to = language;
    bridge.mid = 20;
    bridge.norm = NormKind::layer;
    bridge.norm_module = "bridge.norm";
    bridge.fc1_module = "bridge.a";
    bridge.fc2_module = "bridge.b";
    bridge.merge = [](const Tensor& rows, const Batch&) { return rows; };
    add_projector(graph, bridge);
    add_rms_decoder(
        graph, language, decoder,
        {[](auto layer, auto role) { return module("mouth", layer, role); }, "words", "norm", "head"});
    graph.modules = {{Stage::vision, {"eye.", R"(.*eye\.)"}},
                     {Stage::bridge, {"bridge.", R"(.*bridge\.)"}},
                     {Stage::language, {"mouth.", R"(.*mouth\.)"}},
                     {Stage::head, {"head", ".*head"}}};
  }
};

// ---- 6: a checkpoint with random weights, and its proof

const char* const kConfig =
    R"({"model_type": "tiny", "num_hidden_layers": 2, "hidden_size": 24, "num_attention_heads": 4,
        "num_key_value_heads": 2, "intermediate_size": 32, "vocab_size": 40})";

class TinyFamily : public testing::Test {
 protected:
  TinyFamily() {
    at::manual_seed(3);
    families_.push_back(std::make_unique<Tiny>());
    write_file(posix_files(), place_ / "config.json", kConfig);
    CheckpointFacts facts;
    facts.config = parse_json(kConfig, "config.json");
    write_weights(families_[0]->open(facts).graph);
    model_ = open_checkpoint(posix_files(), place_.path(), families_, {}, Accept::any);
    for (const auto& block : graph().blocks) weights_.push_back(load(block));
    for (const int words : {5, 9, 3}) samples_.push_back(sample(words));
    samples_.back().pictures.push_back(samples_.back().pictures.front());
    samples_.back().layouts.push_back(samples_.back().layouts.front());
    for (int i = 0; i < 16; ++i) samples_.back().ids.push_back(graph().image_token);
    for (auto& s : samples_)
      for (const auto id : s.ids) s.modality.push_back(id == graph().image_token ? kVision : kText);
  }

  void write_weights(const ModelGraph& graph, std::map<std::string, Tensor> tensors = {}) {
    for (const auto& block : graph.blocks) {
      for (const auto& slot : block.slots) {
        Tensor value = at::randn(slot.file_shape) * 0.4;
        if (slot.role == Role::gain) value = value + 1;
        tensors[slot.part.tensor] = value;
      }
    }
    std::vector<TensorPlan> plan;
    for (const auto& [name, tensor] : tensors) plan.push_back({name, DType::f32, tensor.sizes().vec()});
    SafetensorsSink sink(posix_files(), place_.path(), plan, UINT64_MAX);
    for (const auto& [name, tensor] : tensors) sink.write(name, tensor);
    sink.finish();
  }

  BlockWeights load(const Block& block) const {
    BlockWeights weights = load_block(block, model_.source(), at::kCPU);
    for (std::size_t i = 0; i < block.slots.size(); ++i)
      if (block.slots[i].lookup)
        weights.values[i] = model_.source().read(model_.source().at(block.slots[i].part.tensor));
    return weights;
  }

  Sample sample(int words) const {
    Sample s;
    s.pictures = {{std::string(HALFTONE_GOLDENS) + "/images/scene-84x140.png", {}}};
    s.layouts = {plan_image(model_.spec.images, 84, 140)};
    for (int i = 0; i < words; ++i) s.ids.push_back(i * 7 % 39);
    for (int i = 0; i < 16; ++i) s.ids.push_back(graph().image_token);
    s.ids.push_back(2);
    return s;
  }

  const ModelGraph& graph() const { return model_.spec.graph; }

  // Logits of samples packed into micro-batches of so many tokens, one below the other.
  Tensor logits(const std::vector<BlockWeights>& weights, std::int64_t tokens) const {
    const at::NoGradGuard no_grad;
    const SampleStream stream =
        make_stream(graph(), model_.spec.images, posix_files(), samples_, {0, 1, 2}, tokens, at::kCPU);
    ActivationStore store(stream.batches.size());
    for (std::size_t i = 0; i < weights.size(); ++i)
      walk_block(graph(), graph().blocks[i], weights[i], stream, store, &store, at::kFloat, {}, {});
    std::vector<Tensor> all;
    for (std::size_t i = 0; i < stream.batches.size(); ++i) all.push_back(store.get(i));
    return at::cat(all);
  }

  void expect_same(const std::vector<BlockWeights>& changed, const std::string& what) const {
    const Tensor expected = logits(weights_, 1);
    const double scale = expected.abs().max().item<double>();
    EXPECT_LE((logits(changed, 1) - expected).abs().max().item<double>(), 1e-3 * scale) << what;
  }

  void change_all(const BasisChange& change, std::vector<BlockWeights>& weights) const {
    for (std::size_t i = 0; i < weights.size(); ++i) apply(change, graph(), graph().blocks[i], weights[i]);
  }

  void rotate(SpaceId space, const Tensor& q, std::vector<BlockWeights> weights) const {
    for (std::size_t i = 0; i < weights.size(); ++i) fold_links(graph(), graph().blocks[i], weights[i], space);
    for (const auto& change : stream_rotation(graph(), space, q)) change_all(change, weights);
    expect_same(weights, graph().space(space).name + " rotated");
  }

  TempDirectory place_;
  std::vector<std::unique_ptr<Family>> families_;
  Checkpoint model_;
  std::vector<BlockWeights> weights_;
  std::vector<Sample> samples_;
};

// Orthogonal; with `ones` the ones vector stays where it is.
Tensor orthogonal(std::int64_t n, bool ones) {
  const auto random = [](std::int64_t d) { return std::get<0>(at::linalg_qr(at::randn({d, d}, at::kDouble))); };
  if (!ones) return random(n).to(at::kFloat);
  Tensor basis = at::randn({n, n}, at::kDouble);
  basis.select(1, 0).fill_(1);
  basis = std::get<0>(at::linalg_qr(basis));
  Tensor turned = basis.clone();
  turned.narrow(1, 1, n - 1).copy_(at::mm(basis.narrow(1, 1, n - 1), random(n - 1)));
  return at::mm(turned, basis.t()).to(at::kFloat);
}

TEST_F(TinyFamily, EverySpaceBearsWhatItAdmits) {
  int diagonal = 0, turned = 0;
  for (std::size_t i = 0; i < graph().spaces.size(); ++i) {
    const Space& space = graph().spaces[i];
    const auto id = static_cast<SpaceId>(i);
    if (space.admits.diagonal) {
      std::vector<BlockWeights> changed = weights_;
      change_all({id, at::rand({space.dim}) + 0.5, {}}, changed);
      expect_same(changed, space.name + " scaled");
      ++diagonal;
    }
    if (!space.admits.orthogonal && !space.admits.orthogonal_ones) continue;
    rotate(id, orthogonal(space.dim, space.admits.orthogonal_ones), weights_);
    ++turned;
  }
  EXPECT_EQ(turned, 2) << "the two residual streams";
  EXPECT_GE(diagonal, 10);
}

TEST_F(TinyFamily, ARotationThatMovesTheOnesVectorShows) {
  std::vector<BlockWeights> changed = weights_;
  const SpaceId vision = 0;
  for (std::size_t i = 0; i < changed.size(); ++i) fold_links(graph(), graph().blocks[i], changed[i], vision);
  for (const auto& change : stream_rotation(graph(), vision, orthogonal(16, false)))
    change_all(change, changed);
  EXPECT_GT((logits(changed, 1) - logits(weights_, 1)).abs().max().item<double>(), 0.1);
}

TEST_F(TinyFamily, StreamingIsTheWholeModel) {
  const Tensor one_by_one = logits(weights_, 1), together = logits(weights_, 4096);
  ASSERT_GT(one_by_one.abs().max().item<double>(), 1);
  EXPECT_LE((one_by_one - together).abs().max().item<double>(), 1e-5 * one_by_one.abs().max().item<double>());
}

TEST_F(TinyFamily, ATensorWithoutAPlaceIsNamed) {
  write_weights(graph(), {{"stray.weight", at::randn({1})}});
  expect_error(ErrorKind::input, {"config.json", "no place for", "stray.weight"},
               [&] { open_checkpoint(posix_files(), place_.path(), families_, {}, Accept::any); });
}

}  // namespace
}  // namespace halftone::test
