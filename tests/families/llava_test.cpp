#include <functional>
#include <set>

#include "tests/expect_error.h"
#include "tests/support/model_fixture.h"
#include "tests/temp_directory.h"
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "halftone/io/safetensors_sink.h"

namespace halftone::test {
namespace {

const std::string kModel = std::string(HALFTONE_GOLDENS) + "/tiny-llava/";

// The small model's files, to be changed by a test before they are opened.
struct Facts {
  CheckpointFacts facts;
  std::set<std::string> tensors;

  Facts() {
    facts.config_path = "config.json";
    facts.preprocessor_path = "preprocessor_config.json";
    facts.config = parse_json(read_file(posix_files(), kModel + facts.config_path), facts.config_path);
    facts.preprocessor =
        parse_json(read_file(posix_files(), kModel + facts.preprocessor_path), facts.preprocessor_path);
  }
  ModelSpec open() {
    facts.has_tensor = [this](const std::string& name) { return tensors.contains(name); };
    for (const auto& family : all_families()) {
      for (const auto& type : family->model_types())
        if (type == "llava") return family->open(facts);
    }
    throw std::runtime_error("no family reads llava");
  }
};

void expect_refused(ErrorKind kind, const std::vector<std::string>& pieces,
                    const std::function<void(CheckpointFacts&)>& change) {
  Facts facts;
  change(facts.facts);
  expect_error(kind, pieces, [&] { facts.open(); });
}

void expect_config_refused(const Json& patch, const std::string& piece, ErrorKind kind = ErrorKind::input) {
  SCOPED_TRACE(patch.dump());
  expect_refused(kind, {"config.json", piece}, [&](CheckpointFacts& f) { f.config.merge_patch(patch); });
}

void expect_pictures_refused(const Json& patch, const std::string& piece, ErrorKind kind) {
  SCOPED_TRACE(patch.dump());
  expect_refused(kind, {"preprocessor_config.json", piece},
                 [&](CheckpointFacts& f) { f.preprocessor->merge_patch(patch); });
}

ModelSpec opened(const Json& patch = Json::object()) {
  Facts facts;
  facts.facts.config.merge_patch(patch);
  return facts.open();
}

CropPolicy pictures(const Json& patch = Json::object()) {
  Facts facts;
  facts.facts.preprocessor->merge_patch(patch);
  return std::get<CropPolicy>(facts.open().images);
}

std::size_t vision_layers(const ModelSpec& spec) {
  std::size_t count = 0;
  for (const auto& block : spec.graph.blocks) count += block.name.starts_with("vision.");
  return count;
}

const Slot& slot_named(const ModelGraph& graph, const std::string& block, const std::string& name) {
  for (const auto& slot : graph.find_block(block)->slots)
    if (slot.name == name) return slot;
  throw std::runtime_error("no slot " + name);
}

// ---- the tower

TEST(Llava, TheTowerEndsAtItsFeatureLayer) {
  EXPECT_EQ(vision_layers(opened()), 2u) << "-2: the last of three never runs";
  EXPECT_EQ(vision_layers(opened({{"vision_feature_layer", nullptr}})), 2u);
  EXPECT_EQ(vision_layers(opened({{"vision_feature_layer", -1}})), 3u);
  EXPECT_EQ(vision_layers(opened({{"vision_feature_layer", 1}})), 1u);
  for (const int layer : {0, 4, -4}) expect_config_refused({{"vision_feature_layer", layer}}, "has 3 layers");
  expect_config_refused({{"vision_feature_layer", {-2, -1}}}, "several layers", ErrorKind::unsupported);
}

TEST(Llava, LayersBehindTheFeatureLayerAreListedAsUnused) {
  const auto unused = opened({{"vision_feature_layer", 1}}).graph.unused;
  const auto lists = [&](const std::string& pattern) {
    return std::find(unused.begin(), unused.end(), pattern) != unused.end();
  };
  const std::string layers = "vision_tower.vision_model.encoder.layers.";
  EXPECT_FALSE(lists(layers + "0.*"));
  EXPECT_TRUE(lists(layers + "1.*"));
  EXPECT_TRUE(lists(layers + "2.*"));
  EXPECT_TRUE(lists("vision_tower.vision_model.post_layernorm.*"));
}

TEST(Llava, WithoutAVisionConfigTheTowerIsTheLargeOne) {
  Facts facts;
  facts.facts.config.erase("vision_config");
  facts.facts.preprocessor.reset();
  const ModelSpec spec = facts.open();
  EXPECT_EQ(vision_layers(spec), 23u);
  EXPECT_EQ(slot_named(spec.graph, "vision.0", "vision.0.fc1").shape, (std::vector<std::int64_t>{4096, 1024}));
  EXPECT_EQ(plan_image(spec.images, 640, 480).tokens, 576);
}

TEST(Llava, TheClassTokenIsDroppedOrKept) {
  EXPECT_EQ(plan_image(opened().images, 100, 50).tokens, 16);
  const ModelSpec full = opened({{"vision_feature_select_strategy", "full"}});
  EXPECT_EQ(plan_image(full.images, 100, 50).tokens, 17);
  const ImageLayout layout = plan_image(full.images, 100, 50);
  EXPECT_EQ(full.graph.vision_rows(layout).segments, (std::vector<std::int64_t>{17}));
  EXPECT_EQ(opened().graph.vision_rows(layout).segments, (std::vector<std::int64_t>{17}));
  expect_config_refused({{"vision_feature_select_strategy", "mean"}}, "\"mean\"", ErrorKind::unsupported);
}

// ---- the language model

TEST(Llava, MissingTextKeysAreThoseOfLlama) {
  Facts facts;
  facts.facts.config["text_config"] = Json::object({{"vocab_size", 32064}});
  const ModelGraph graph = facts.open().graph;
  EXPECT_NE(graph.find_block("language.31"), nullptr);
  EXPECT_EQ(graph.find_block("language.32"), nullptr);
  EXPECT_EQ(graph.max_positions, 2048);
  const auto shape = [&](const char* name) {
    return slot_named(graph, "language.0", std::string("language.0.") + name).shape;
  };
  EXPECT_EQ(shape("k"), (std::vector<std::int64_t>{4096, 4096})) << "as many key heads as heads";
  EXPECT_EQ(shape("down"), (std::vector<std::int64_t>{4096, 11008}));
}

TEST(Llava, BiasesOfTheDecoderAndTheProjectorFollowTheirKeys) {
  const auto biased = [](const ModelSpec& spec, const std::string& block) {
    std::size_t count = 0;
    for (const auto& site : spec.graph.find_block(block)->sites) count += site.bias.has_value();
    return count;
  };
  EXPECT_EQ(biased(opened(), "language.1"), 0u);
  EXPECT_EQ(biased(opened({{"text_config", {{"attention_bias", true}}}}), "language.1"), 4u);
  EXPECT_EQ(biased(opened({{"text_config", {{"mlp_bias", true}}}}), "language.1"), 3u);
  EXPECT_EQ(biased(opened(), "bridge"), 2u);
  EXPECT_EQ(biased(opened({{"multimodal_projector_bias", false}}), "bridge"), 0u);
}

TEST(Llava, PositionsCountTokens) {
  const std::vector<std::int64_t> ids = {1, 9, 9, 5};
  EXPECT_TRUE(opened().graph.positions(ids, {}).equal(at::tensor({0, 1, 2, 3}, at::kLong).view({1, 4})));
}

// ---- names

std::string renamed(const std::string& name, bool bare_tower) {
  const auto swap = [&](const std::string& old, const std::string& fresh) {
    return name.starts_with(old) ? fresh + name.substr(old.size()) : std::string();
  };
  for (const auto& next :
       {swap("language_model.model.", "model.language_model."), swap("language_model.lm_head.", "lm_head."),
        swap("vision_tower.vision_model.",
             bare_tower ? "model.vision_tower." : "model.vision_tower.vision_model."),
        swap("multi_modal_projector.", "model.multi_modal_projector.")})
    if (!next.empty()) return next;
  throw std::runtime_error(name);
}

// The same weights under the names of newer libraries give the same logits, bit for bit.
TEST(Llava, NewNamesAreTheSameModel) {
  const ModelFixture published(kModel);
  const FamilyCase golden{"llava", kModel, kModel};
  const Sample sample = published.encode(golden_cases(golden).front().record);
  const Tensor expected = run_whole(published, load_all(published.checkpoint), sample);
  for (const bool bare_tower : {false, true}) {
    const TempDirectory place;
    SafetensorsSource source(posix_files(), kModel);
    std::vector<TensorPlan> plan;
    for (const auto& info : source.list())
      plan.push_back({renamed(info.name, bare_tower), info.dtype, info.shape});
    SafetensorsSink sink(posix_files(), place.path(), plan, UINT64_MAX);
    for (const auto& info : source.list()) sink.write(renamed(info.name, bare_tower), source.read(info));
    sink.finish();
    for (const char* name :
         {"config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json"})
      write_file(posix_files(), place / name, read_file(posix_files(), kModel + name));
    const ModelFixture fresh(place.path());
    EXPECT_TRUE(run_whole(fresh, load_all(fresh.checkpoint), sample).equal(expected));
  }
}

TEST(Llava, TheOriginalLayoutNamesItsConverter) {
  const auto expect_named = [](const Json& patch) {
    expect_refused(ErrorKind::unsupported, {"config.json", "tools/convert_llava.py"}, [&](CheckpointFacts& f) {
      f.config.erase("vision_config");
      f.config.merge_patch(patch);
    });
  };
  expect_named({{"model_type", "llava_llama"}});
  expect_named({{"mm_vision_tower", "openai/clip-vit-large-patch14-336"}});
  // Its weights are pickled; the config is judged before they are looked for.
  const TempDirectory place;
  write_file(posix_files(), place / "config.json", R"({"model_type": "llava", "mm_vision_tower": "clip"})");
  write_file(posix_files(), place / "pytorch_model.bin", "pickled");
  expect_error(ErrorKind::unsupported, {"tools/convert_llava.py"}, [&] { ModelFixture model(place.path()); });
}

// ---- pictures

TEST(Llava, PicturesAreCutToTheirMiddleOrPaddedToASquare) {
  const CropPolicy cut = pictures();
  EXPECT_EQ(cut.shortest_edge, 56);
  EXPECT_EQ(cut.crop, 56);
  EXPECT_FALSE(cut.pad_to_square);
  EXPECT_TRUE(pictures({{"do_pad", true}}).pad_to_square);
  EXPECT_EQ(pictures({{"do_pad", true}}).background, (std::array<std::uint8_t, 3>{122, 116, 104}));
  EXPECT_EQ(pictures({{"size", 56}, {"crop_size", 56}}), cut) << "older files give plain numbers";
  EXPECT_EQ(pictures({{"size", {{"shortest_edge", 80}}}}).shortest_edge, 80);
}

TEST(Llava, PicturesOfAnotherShapeAreRefused) {
  const Json stretched = {{"size", {{"shortest_edge", nullptr}, {"height", 56}, {"width", 56}}}};
  expect_pictures_refused(stretched, "stretched", ErrorKind::unsupported);
  expect_pictures_refused({{"do_center_crop", false}}, "stretched", ErrorKind::unsupported);
  expect_pictures_refused({{"crop_size", 70}}, "makes the tower read 56", ErrorKind::input);
  expect_pictures_refused({{"crop_size", {{"height", 56}, {"width", 70}}}}, "no square",
                          ErrorKind::unsupported);
}

// ---- configs that cannot be

TEST(Llava, PartsThatAreUnknownAreNamed) {
  const auto unsupported = ErrorKind::unsupported;
  expect_config_refused({{"text_config", {{"model_type", "mistral"}}}}, "\"mistral\"", unsupported);
  expect_config_refused({{"vision_config", {{"model_type", "siglip_vision_model"}}}}, "\"siglip_vision_model\"",
                        unsupported);
  expect_config_refused({{"text_config", {{"rope_scaling", {{"type", "yarn"}}}}}}, "\"yarn\"", unsupported);
  expect_config_refused({{"projector_hidden_act", "swoosh"}}, "swoosh", unsupported);
  expect_config_refused({{"vision_config", {{"num_channels", 1}}}}, "1 channels", unsupported);
}

TEST(Llava, NumbersThatCannotBeAreNamed) {
  expect_config_refused({{"image_token_index", 448}}, "image_token_index 448");
  expect_config_refused({{"image_token_index", -1}}, "image_token_index -1");
  expect_config_refused({{"text_config", {{"num_attention_heads", 7}}}}, "7 heads");
  expect_config_refused({{"text_config", {{"hidden_size", "wide"}}}}, "hidden_size");
  expect_config_refused({{"text_config", 4}}, "\"text_config\" is not an object");
  expect_config_refused({{"vision_config", {{"image_size", 50}}}}, "image_size of 50");
  expect_config_refused({{"vision_config", {{"num_attention_heads", 5}}}}, "");
  expect_config_refused({{"vision_config", {{"patch_size", 0}}}}, "patches of 0");
}

// ---- conversations

TEST(Llava, ConversationsAreWrittenAsVicunaReadsThem) {
  const std::vector<ChatTurn> turns = {
      {"user", {{"Q1"}, {"", 0}}}, {"assistant", {{"A1"}}}, {"user", {{"Q2"}}}};
  std::string text;
  const std::int64_t tokens[] = {2};
  for (const auto& piece : render(opened().chat, turns, tokens, true)) text += piece.text;
  EXPECT_EQ(text, "USER: <image><image>\nQ1 ASSISTANT: A1</s>USER: Q2 ASSISTANT:");
}

TEST(Llava, AnAnswerIsLearnedWithItsEnd) {
  std::string learned;
  for (const auto& piece :
       render(opened().chat, std::vector<ChatTurn>{{"user", {{"Q"}}}, {"assistant", {{"A"}}}}, {}, false))
    if (piece.answer) learned += piece.text;
  EXPECT_EQ(learned, "A</s>");
}

}  // namespace
}  // namespace halftone::test
