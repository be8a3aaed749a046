#include <functional>

#include "tests/expect_error.h"
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "halftone/api/lists.h"
#include "halftone/io/file.h"

namespace halftone {
namespace {

const std::string kModel = std::string(HALFTONE_EXAMPLES) + "/mini-qwen2vl/";

// The small model's files, to be changed by a test before they are opened.
struct Facts {
  CheckpointFacts facts;
  bool nested_names = false, own_head = false;

  Facts() {
    facts.config_path = "config.json";
    facts.preprocessor_path = "preprocessor_config.json";
    facts.config = parse_json(read_file(posix_files(), kModel + facts.config_path), facts.config_path);
    facts.preprocessor =
        parse_json(read_file(posix_files(), kModel + facts.preprocessor_path), facts.preprocessor_path);
  }
  ModelSpec open() {
    facts.has_tensor = [this](const std::string& name) {
      if (name == "lm_head.weight") return own_head;
      return nested_names && name.starts_with("model.visual.");
    };
    for (const auto& family : all_families()) {
      for (const auto& type : family->model_types())
        if (type == "qwen2_vl") return family->open(facts);
    }
    throw std::runtime_error("no family reads qwen2_vl");
  }
};

void expect_refused(ErrorKind kind, const std::vector<std::string>& pieces,
                    const std::function<void(CheckpointFacts&)>& change) {
  Facts facts;
  change(facts.facts);
  expect_error(kind, pieces, [&] { facts.open(); });
}

void expect_config_refused(const char* key, const Json& value, const std::string& piece,
                           ErrorKind kind = ErrorKind::input) {
  SCOPED_TRACE(key);
  expect_refused(kind, {"config.json", piece}, [&](CheckpointFacts& f) { f.config[key] = value; });
}

ImageLayout layout(std::int64_t t, std::int64_t h, std::int64_t w) {
  ImageLayout l;
  l.grid = {t, h, w};
  l.tokens = t * h * w / 4;
  return l;
}

// ---- sequences

// Two words, a picture of 2 x 3 tokens, a word: text counts on along all axes, the picture's tokens spread from
// where it begins, and the text goes on behind its longest side.
TEST(Qwen2Vl, PositionsSpreadOverAPicture) {
  const ModelGraph graph = Facts().open().graph;
  const std::int64_t p = graph.image_token;
  const std::vector<std::int64_t> ids = {7, 8, p, p, p, p, p, p, 9};
  const std::vector<ImageLayout> layouts = {layout(1, 4, 6)};
  EXPECT_TRUE(graph.positions(ids, layouts)
                  .equal(at::tensor({0, 1, 2, 2, 2, 2, 2, 2, 5,  //
                                     0, 1, 2, 2, 2, 3, 3, 3, 5,  //
                                     0, 1, 2, 3, 4, 2, 3, 4, 5},
                                    at::kLong)
                             .view({3, 9})));
}

TEST(Qwen2Vl, PositionsOfTextAloneCountUp) {
  const ModelGraph graph = Facts().open().graph;
  const std::vector<std::int64_t> ids = {5, 6, 7};
  EXPECT_TRUE(graph.positions(ids, {}).equal(at::tensor({0, 1, 2, 0, 1, 2, 0, 1, 2}, at::kLong).view({3, 3})));
}

// Rows come in blocks of 2 x 2 patches; each frame is an attention segment.
TEST(Qwen2Vl, VisionRowsComeInMergedBlocks) {
  const VisionRows rows = Facts().open().graph.vision_rows(layout(2, 2, 4));
  EXPECT_EQ(rows.segments, (std::vector<std::int64_t>{8, 8}));
  const Tensor once = at::tensor({0, 0, 0, 1, 1, 0, 1, 1, 0, 2, 0, 3, 1, 2, 1, 3}, at::kLong).view({8, 2});
  EXPECT_TRUE(rows.coordinates.narrow(0, 0, 8).equal(once));
  EXPECT_TRUE(rows.coordinates.narrow(0, 8, 8).equal(once));
}

// ---- names

TEST(Qwen2Vl, TensorsHaveTheirPublishedOrTheirNewNames) {
  const auto first_tensor = [](const ModelSpec& spec, const std::string& block) {
    return spec.graph.find_block(block)->slots.front().part.tensor;
  };
  Facts published, renamed;
  renamed.nested_names = true;
  EXPECT_EQ(first_tensor(published.open(), "patch_embed"), "visual.patch_embed.proj.weight");
  EXPECT_EQ(first_tensor(renamed.open(), "patch_embed"), "model.visual.patch_embed.proj.weight");
  EXPECT_TRUE(first_tensor(published.open(), "language.0").starts_with("model.layers.0."));
  EXPECT_TRUE(first_tensor(renamed.open(), "language.0").starts_with("model.language_model.layers.0."));
}

TEST(Qwen2Vl, QueriesKeysAndValuesAreThirdsOfOneTensor) {
  const ModelSpec spec = Facts().open();
  for (const auto& slot : spec.graph.find_block("vision.1")->slots) {
    if (slot.part.tensor != "visual.blocks.1.attn.qkv.weight") continue;
    const std::int64_t third = slot.name.ends_with(".q") ? 0 : slot.name.ends_with(".k") ? 1 : 2;
    EXPECT_EQ(slot.part.rows, (RowPattern{576, 192 * third, 192})) << slot.name;
  }
}

TEST(Qwen2Vl, ATiedHeadIsTheEmbeddingUnlessItHasATensor) {
  const auto tied = [](const ModelSpec& spec) { return spec.graph.find_block("head")->sites.back().tied; };
  Facts facts;
  EXPECT_TRUE(tied(facts.open()));
  facts.own_head = true;
  EXPECT_FALSE(tied(facts.open()));
  Facts untied;
  untied.facts.config["tie_word_embeddings"] = false;
  EXPECT_FALSE(tied(untied.open()));
}

TEST(Qwen2Vl, TextKeysMayStandInTheirOwnBlock) {
  Facts facts;
  Json text = Json::object();
  for (const char* key :
       {"num_hidden_layers", "hidden_size", "num_attention_heads", "num_key_value_heads", "vocab_size",
        "intermediate_size", "rms_norm_eps", "rope_theta", "rope_scaling", "tie_word_embeddings"}) {
    text[key] = facts.facts.config[key];
    facts.facts.config.erase(key);
  }
  text["num_hidden_layers"] = 3;
  facts.facts.config["text_config"] = text;
  const ModelSpec spec = facts.open();
  EXPECT_NE(spec.graph.find_block("language.2"), nullptr);
  EXPECT_EQ(spec.graph.find_block("language.3"), nullptr);
  EXPECT_EQ(spec.graph.vocabulary, 1024);
  EXPECT_TRUE(spec.graph.find_block("head")->sites.back().tied);
}

// ---- pictures

TEST(Qwen2Vl, PictureLimitsComeFromThePreprocessor) {
  Facts facts;
  facts.facts.preprocessor->update({{"min_pixels", 1000}, {"max_pixels", 50000}, {"resample", 2}});
  const auto policy = std::get<PatchGridPolicy>(facts.open().images);
  EXPECT_EQ(policy.min_pixels, 1000);
  EXPECT_EQ(policy.max_pixels, 50000);
  EXPECT_EQ(policy.resample, Resample::bilinear);
  facts.facts.preprocessor = parse_json(R"({"size": {"shortest_edge": 4000, "longest_edge": 60000}})", "p");
  EXPECT_EQ(std::get<PatchGridPolicy>(facts.open().images).min_pixels, 4000);
  facts.facts.preprocessor.reset();
  EXPECT_EQ(std::get<PatchGridPolicy>(facts.open().images).patch, 14);
}

TEST(Qwen2Vl, APreprocessorThatContradictsTheConfigIsNamed) {
  for (const char* key : {"patch_size", "temporal_patch_size", "merge_size"}) {
    expect_refused(ErrorKind::input, {"preprocessor_config.json", key, "config.json"},
                   [&](CheckpointFacts& f) { (*f.preprocessor)[key] = 5; });
  }
  expect_refused(ErrorKind::input, {"preprocessor_config.json", "min_pixels is 3136"},
                 [](CheckpointFacts& f) { (*f.preprocessor)["max_pixels"] = 1; });
  expect_refused(ErrorKind::input, {"preprocessor_config.json", "min_pixels"},
                 [](CheckpointFacts& f) { (*f.preprocessor)["min_pixels"] = "many"; });
}

// ---- configs that cannot be

TEST(Qwen2Vl, NumbersThatCannotBeNameTheirKey) {
  expect_config_refused("num_attention_heads", 7, "7 heads");
  expect_config_refused("num_attention_heads", 0, "0 heads");
  expect_config_refused("num_key_value_heads", 3, "");
  expect_config_refused("hidden_size", "wide", "hidden_size");
  expect_config_refused("hidden_size", 0, "");
  expect_config_refused("hidden_size", -256, "");
  expect_config_refused("num_hidden_layers", -1, "");
  expect_config_refused("num_hidden_layers", 1.5, "num_hidden_layers");
  expect_config_refused("vocab_size", 0, "");
  expect_config_refused("intermediate_size", 0, "");
  expect_config_refused("rope_theta", 0, "");
  expect_config_refused("rms_norm_eps", "small", "rms_norm_eps");
  expect_config_refused("vision_config", nullptr, "\"vision_config\" is missing");
  expect_config_refused("vision_config", 4, "\"vision_config\" is missing");
  expect_config_refused("rope_scaling", {{"type", "mrope"}, {"mrope_section", {4, 6}}}, "three numbers");
  expect_config_refused("rope_scaling", {{"type", "mrope"}, {"mrope_section", {4, 6, 60}}}, "");
  expect_config_refused("image_token_id", 1024, "image_token_id 1024");
  expect_config_refused("image_token_id", -1, "image_token_id -1");
}

TEST(Qwen2Vl, VariantsThatAreMissingAreUnsupported) {
  expect_config_refused("use_sliding_window", true, "use_sliding_window", ErrorKind::unsupported);
  expect_config_refused("hidden_act", "swoosh", "swoosh", ErrorKind::unsupported);
  expect_config_refused("rope_scaling", {{"type", "yarn"}}, "\"yarn\"", ErrorKind::unsupported);
}

TEST(Qwen2Vl, TheTowerMustFitTheLanguageModel) {
  const auto vision = [](const char* key, const Json& value, const std::string& piece) {
    SCOPED_TRACE(key);
    expect_refused(ErrorKind::input, {"config.json", piece},
                   [&](CheckpointFacts& f) { f.config["vision_config"][key] = value; });
  };
  vision("hidden_size", 128, "128 is not the language model's 256");
  vision("num_heads", 5, "");
  vision("num_heads", 0, "");
  vision("patch_size", 0, "patch_size 0");
  vision("spatial_merge_size", 2000, "spatial_merge_size 2000");
  vision("depth", -1, "");
  vision("mlp_ratio", -1, "");
}

TEST(Qwen2Vl, ChatOpensTheAssistantsTurn) {
  const ChatFormat chat = Facts().open().chat;
  const ChatTurn turn{"user", {{"", 0}, {"Hi"}}};
  std::string text;
  const std::int64_t tokens[] = {2};
  for (const auto& piece : render(chat, std::span(&turn, 1), tokens, true)) text += piece.text;
  EXPECT_EQ(text,
            "<|im_start|>system\nYou are a helpful "
            "assistant.<|im_end|>\n<|im_start|>user\n<|vision_start|><|image_pad|>"
            "<|image_pad|><|vision_end|>Hi<|im_end|>\n<|im_start|>assistant\n");
}

}  // namespace
}  // namespace halftone
