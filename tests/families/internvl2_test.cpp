#include <functional>
#include <set>

#include "tests/expect_error.h"
#include "tests/support/model_fixture.h"
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace halftone::test {
namespace {

const std::string kModels = std::string(HALFTONE_GOLDENS) + "/tiny-internvl2/";

// A small model's files, to be changed by a test before they are opened.
struct Facts {
  CheckpointFacts facts;
  std::set<std::string> tensors;

  explicit Facts(const std::string& name = "qwen2") {
    facts.config_path = "config.json";
    facts.preprocessor_path = "preprocessor_config.json";
    const std::string directory = kModels + name + "/";
    facts.config = parse_json(read_file(posix_files(), directory + facts.config_path), facts.config_path);
    if (name == "hf") {
      facts.preprocessor =
          parse_json(read_file(posix_files(), directory + facts.preprocessor_path), facts.preprocessor_path);
    }
    facts.token_id = [](const std::string& token) {
      return token == "<IMG_CONTEXT>" ? std::optional<std::int64_t>(314) : std::nullopt;
    };
  }
  Facts& patch(const Json& change) {
    facts.config.merge_patch(change);
    return *this;
  }
  ModelSpec open() {
    facts.has_tensor = [this](const std::string& name) { return tensors.contains(name); };
    for (const auto& family : all_families()) {
      for (const auto& type : family->model_types())
        if (type == facts.config["model_type"]) return family->open(facts);
    }
    throw std::runtime_error("no family");
  }
};

void expect_refused(const std::string& name, const Json& patch, const std::string& piece, ErrorKind kind) {
  SCOPED_TRACE(patch.dump());
  Facts facts(name);
  facts.patch(patch);
  expect_error(kind, {"config.json", piece}, [&] { facts.open(); });
}

const Slot& slot_of(const ModelSpec& spec, const std::string& block, const std::string& name) {
  for (const auto& slot : spec.graph.find_block(block)->slots)
    if (slot.name == block + "." + name) return slot;
  throw std::runtime_error(name);
}

std::string written(const ModelSpec& spec, int pictures) {
  ChatTurn turn{"user", {}};
  std::vector<std::int64_t> tokens;
  for (int i = 0; i < pictures; ++i) {
    turn.content.push_back({"", i});
    tokens.push_back(1);
  }
  turn.content.push_back({"Hi"});
  std::string text;
  for (const auto& piece : render(spec.chat, std::span(&turn, 1), tokens, true)) text += piece.text;
  return text;
}

// ---- names

// Two queries, a key and a value of 16 rows for each of two groups.
TEST(InternVl2, QueriesKeysAndValuesOfInternLm2StandTogetherByGroup) {
  const ModelSpec spec = Facts("internlm2").open();
  EXPECT_EQ(slot_of(spec, "language.1", "q").part.rows, (RowPattern{64, 0, 32}));
  EXPECT_EQ(slot_of(spec, "language.1", "k").part.rows, (RowPattern{64, 32, 16}));
  EXPECT_EQ(slot_of(spec, "language.1", "v").part.rows, (RowPattern{64, 48, 16}));
  EXPECT_EQ(slot_of(spec, "language.1", "v").part.tensor,
            "language_model.model.layers.1.attention.wqkv.weight");
}

TEST(InternVl2, Phi3StacksQueriesKeysAndValuesAndGateAndUp) {
  const ModelSpec spec = Facts("phi3").open();
  EXPECT_EQ(slot_of(spec, "language.0", "k").part.rows, (RowPattern{192, 64, 64}));
  EXPECT_EQ(slot_of(spec, "language.0", "up").part.rows, (RowPattern{160, 80, 80}));
  EXPECT_EQ(slot_of(spec, "language.0", "down").part.tensor,
            "language_model.model.layers.0.mlp.down_proj.weight");
}

TEST(InternVl2, TheNewLayoutHasTwoGenerationsOfNames) {
  Facts newer("hf"), older("hf");
  older.tensors = {"vision_tower.embeddings.cls_token"};
  EXPECT_EQ(slot_of(newer.open(), "vision.0", "q").part.tensor,
            "model.vision_tower.encoder.layer.0.attention.q_proj.weight");
  EXPECT_EQ(slot_of(older.open(), "bridge", "fc2").part.tensor, "multi_modal_projector.linear_2.weight");
  EXPECT_EQ(newer.open().graph.find_block("head")->slots.back().part.tensor, "lm_head.weight");
  EXPECT_EQ(older.open().graph.find_block("head")->slots.back().part.tensor, "language_model.lm_head.weight");
}

TEST(InternVl2, LayersBehindTheSelectedStateAreUnused) {
  const ModelSpec spec = Facts("internlm2").open();
  EXPECT_EQ(spec.graph.find_block("vision.2"), nullptr);
  EXPECT_EQ(spec.graph.unused.back(), "vision_model.encoder.layers.2.*");
}

// ---- pictures

TEST(InternVl2, TilesComeFromTheConfig) {
  const auto tiles = [](const Json& patch) { return std::get<TilePolicy>(Facts().patch(patch).open().images); };
  EXPECT_EQ(tiles({{"max_dynamic_patch", 7}}).max_tiles, 7);
  EXPECT_EQ(tiles({{"dynamic_image_size", false}}).max_tiles, 1);
  EXPECT_FALSE(tiles({{"use_thumbnail", nullptr}}).thumbnail);
  EXPECT_EQ(tiles({{"downsample_ratio", 0.25}, {"vision_config", {{"image_size", 112}}}}).merge, 4);
  EXPECT_EQ(tiles({{"force_image_size", nullptr}}).tile, 56);
}

TEST(InternVl2, APictureIsAsManySegmentsAsTiles) {
  ImageLayout layout;
  layout.tiles = 3;
  EXPECT_EQ(Facts().open().graph.vision_rows(layout).segments, (std::vector<std::int64_t>{17, 17, 17}));
}

TEST(InternVl2, WithoutATokenForPicturesTheModelStillOpens) {
  Facts facts;
  facts.facts.token_id = [](const std::string&) { return std::optional<std::int64_t>(); };
  EXPECT_EQ(facts.open().graph.image_token, -1);
  facts.facts.token_id = [](const std::string&) { return std::optional<std::int64_t>(320); };
  expect_error(ErrorKind::input, {"config.json", "320", "<IMG_CONTEXT>"}, [&] { facts.open(); });
}

// ---- templates

TEST(InternVl2, TemplatesAreWrittenAsPublished) {
  const auto with = [](const std::string& name, const Json& system, int pictures) {
    return written(Facts().patch({{"template", name}, {"system_message", system}}).open(), pictures);
  };
  const std::string picture = "<img><IMG_CONTEXT></img>\n";
  EXPECT_EQ(with("Hermes-2", "S", 1), "<|im_start|>system\nS<|im_end|><|im_start|>user\n" + picture +
                                          "Hi<|im_end|><|im_start|>assistant\n");
  EXPECT_EQ(with("internlm2-chat", "S", 2),
            "<|im_start|>system\nS<|im_end|><|im_start|>user\nImage-1: " + picture + "Image-2: " + picture +
                "Hi<|im_end|><|im_start|>assistant\n");
  EXPECT_EQ(with("phi3-chat", "S", 0), "<|system|>\nS<|end|><|user|>\nHi<|end|><|assistant|>\n");
  EXPECT_EQ(with("internvl2_5", "S", 0),
            "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
  EXPECT_NE(with("Hermes-2", nullptr, 0).find("英文名叫InternVL, 是"), std::string::npos);
  EXPECT_NE(with("internvl2_5", nullptr, 0).find("书生·万象"), std::string::npos);
  EXPECT_EQ(written(Facts("hf").open(), 1),
            "<|im_start|>user\n" + picture + "Hi<|im_end|>\n<|im_start|>assistant\n");
}

// ---- configs that cannot be, and variants that are missing

TEST(InternVl2, WhatIsNotSupportedIsNamed) {
  const auto unsupported = [](const std::string& name, const Json& patch, const std::string& piece) {
    expect_refused(name, patch, piece, ErrorKind::unsupported);
  };
  unsupported("qwen2", {{"llm_config", {{"architectures", {"MambaForCausalLM"}}}}}, "\"MambaForCausalLM\"");
  unsupported("hf", {{"text_config", {{"model_type", "qwen3"}}}}, "\"qwen3\"");
  unsupported("qwen2", {{"vision_config", {{"norm_type", "batch_norm"}}}}, "\"batch_norm\"");
  unsupported("qwen2", {{"vision_config", {{"model_type", "siglip"}}}}, "\"siglip\"");
  unsupported("qwen2", {{"vision_config", {{"num_channels", 4}}}}, "4 channels");
  unsupported("hf", {{"vision_config", {{"image_size", {56, 84}}}}}, "image_size is no square");
  unsupported("qwen2", {{"template", "vicuna"}}, "\"vicuna\"");
  unsupported("qwen2", {{"ps_version", "v3"}}, "\"v3\"");
  unsupported("qwen2", {{"pad2square", true}}, "pad2square");
  unsupported("hf", {{"vision_feature_select_strategy", "full"}}, "\"full\"");
  unsupported("phi3", {{"llm_config", {{"rope_scaling", {{"type", "yarn"}}}}}}, "\"yarn\"");
}

TEST(InternVl2, NumbersThatCannotBeAreNamed) {
  const auto wrong = [](const std::string& name, const Json& patch, const std::string& piece) {
    expect_refused(name, patch, piece, ErrorKind::input);
  };
  wrong("qwen2", {{"llm_config", nullptr}}, "\"llm_config\" is missing");
  wrong("qwen2", {{"llm_config", {{"architectures", nullptr}}}}, "architectures");
  wrong("hf", {{"vision_config", 3}}, "\"vision_config\" is missing");
  wrong("qwen2", {{"select_layer", 3}}, "select_layer is 3");
  wrong("qwen2", {{"select_layer", -3}}, "select_layer is -3");
  wrong("qwen2", {{"downsample_ratio", 0.3}}, "downsample_ratio 0.3");
  wrong("qwen2", {{"downsample_ratio", 0}}, "downsample_ratio");
  wrong("qwen2", {{"force_image_size", 70}}, "tile is 70");
  wrong("qwen2", {{"force_image_size", 1LL << 40}}, "force_image_size");
  wrong("qwen2", {{"min_dynamic_patch", 5}}, "min_tiles is 5");
  wrong("qwen2", {{"vision_config", {{"patch_size", 15}}}}, "patches of 15");
  wrong("qwen2", {{"vision_config", {{"num_attention_heads", 5}}}}, "5 heads");
  wrong("hf", {{"image_seq_length", 256}}, "image_seq_length is 256, a tile makes 4");
  wrong("hf", {{"image_token_id", 320}}, "320");
  wrong("phi3", {{"llm_config", {{"rope_scaling", {{"short_factor", {1.0, 2.0}}}}}}}, "short_factor holds 2");
}

TEST(InternVl2, LongRopeEndsWhereItsLongFactorsBegin) {
  EXPECT_EQ(Facts("phi3").open().graph.max_positions, 256);
  EXPECT_EQ(Facts("internlm2").open().graph.max_positions, 512);
}

}  // namespace
}  // namespace halftone::test
