// Checkpoints that are broken, or that are not what halftone takes: refused in one sentence, nothing written.
#include <filesystem>

#include "tests/e2e/program.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone::e2e {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

const std::string kQ = "model.layers.0.self_attn.q_proj.weight";
const std::string kNorm = "model.layers.0.input_layernorm.weight";

// quantize() of `model` is refused so, and leaves nothing behind.
void expect_refused(const std::string& model, int code, const std::vector<std::string>& pieces) {
  TempDirectory place;
  expect_refusal(halftone({"quantize", model, "-r", "rtn-w4g64", "-o", place / "out"}), code, pieces);
  EXPECT_THAT(names_in(place.path()), IsEmpty());
}

// The same by the commands that only read headers.
void expect_refused_by_all(const std::string& model, int code, const std::vector<std::string>& pieces) {
  expect_refused(model, code, pieces);
  expect_refusal(halftone({"inspect", model}), code, pieces);
  expect_refusal(halftone({"plan", model, "-r", "rtn-w4g64"}), code, pieces);
}

TEST(BadCheckpoint, TruncatedShard) {
  const ModelCopy model;
  const std::string shard = model.shard_of(kQ);
  fs::resize_file(shard, fs::file_size(shard) - 100);
  expect_refused_by_all(model.path(), 3, {shard, "truncated"});
}

TEST(BadCheckpoint, ShardCutInsideItsHeader) {
  const ModelCopy model;
  const std::string shard = model.shard_of(kQ);
  fs::resize_file(shard, 5);
  expect_refused(model.path(), 3, {shard, "5 bytes"});
  fs::resize_file(shard, 200);
  expect_refused(model.path(), 3, {shard, "200"});
}

TEST(BadCheckpoint, OverlappingOffsets) {
  const ModelCopy model;
  model.edit_header(kQ, [](Json& header) {
    for (auto& offset : header[kQ]["data_offsets"]) offset = offset.get<std::int64_t>() - 2;
  });
  expect_refused_by_all(model.path(), 3, {model.shard_of(kQ), "overlap"});
}

TEST(BadCheckpoint, WrongElementType) {
  const ModelCopy model;
  model.edit_header(kQ, [](Json& header) { header[kQ]["dtype"] = "I16"; });
  expect_refused(model.path(), 3, {model.shard_of(kQ), kQ, "I16"});
}

TEST(BadCheckpoint, UnknownElementType) {
  const ModelCopy model;
  model.edit_header(kQ, [](Json& header) { header[kQ]["dtype"] = "Q7"; });
  expect_refused(model.path(), 4, {model.shard_of(kQ), kQ, "Q7", "BF16"});
}

TEST(BadCheckpoint, WrongShape) {
  const ModelCopy model;
  const std::string gate = "model.layers.0.mlp.gate_proj.weight";
  model.edit_header(gate, [&](Json& header) { header[gate]["shape"] = {256, 512}; });
  expect_refused_by_all(model.path(), 3, {model.shard_of(gate), gate, "256, 512", "512, 256"});
}

TEST(BadCheckpoint, MissingTensor) {
  const ModelCopy model;
  model.edit_json("model.safetensors.index.json", [](Json& index) { index["weight_map"].erase(kQ); });
  expect_refused(model.path(), 3, {kQ});
}

TEST(BadCheckpoint, TensorThatTheIndexPutsElsewhere) {
  const ModelCopy model;
  const std::string shard = fs::path(model.shard_of(kQ)).filename() == "model-00001-of-00003.safetensors"
                                ? "model-00002-of-00003.safetensors"
                                : "model-00001-of-00003.safetensors";
  model.edit_json("model.safetensors.index.json", [&](Json& index) { index["weight_map"][kQ] = shard; });
  expect_refused(model.path(), 3, {shard, kQ});
}

TEST(BadCheckpoint, MissingShard) {
  const ModelCopy model;
  fs::remove(model / "model-00002-of-00003.safetensors");
  expect_refused_by_all(model.path(), 3, {"model-00002-of-00003.safetensors", "missing"});
}

TEST(BadCheckpoint, IndexThatLeavesTheFolder) {
  const ModelCopy model;
  fs::copy(model.shard_of(kQ), fs::path(model.path()).parent_path() / "stolen.safetensors");
  model.edit_json("model.safetensors.index.json",
                  [](Json& index) { index["weight_map"][kQ] = "../stolen.safetensors"; });
  expect_refused_by_all(
      model.path(), 3, {"model.safetensors.index.json", "../stolen.safetensors", "leaves the model directory"});
}

TEST(BadCheckpoint, ShardThatLinksOutOfTheFolder) {
  const ModelCopy model;
  const fs::path shard = model.shard_of(kQ), away = fs::path(model.path()).parent_path() / "away";
  fs::rename(shard, away);
  fs::create_symlink(away, shard);
  expect_refused(model.path(), 3, {shard.string(), "outside the model directory"});
}

TEST(BadCheckpoint, UnknownModelType) {
  const ModelCopy model;
  model.edit_json("config.json", [](Json& config) { config["model_type"] = "gpt9"; });
  expect_refused_by_all(model.path(), 4, {model / "config.json", "gpt9", "known are", "qwen2_vl"});
}

TEST(BadCheckpoint, ConfigWithoutModelType) {
  const ModelCopy model;
  model.edit_json("config.json", [](Json& config) { config.erase("model_type"); });
  expect_refused(model.path(), 3, {model / "config.json", "model_type"});
}

TEST(BadCheckpoint, ConfigThatIsNoJson) {
  const ModelCopy model;
  write_text(model / "config.json", "{\"model_type\": \"qwen2_vl\",");
  expect_refused_by_all(model.path(), 3, {model / "config.json"});
  write_text(model / "config.json", "[1, 2]");
  expect_refused(model.path(), 3, {model / "config.json", "object"});
}

// Keys that are absent have the reference's defaults, which then contradict the rest.
TEST(BadCheckpoint, ConfigThatLacksAKey) {
  for (const std::string key : {"hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size"}) {
    const ModelCopy model;
    model.edit_json("config.json", [&](Json& config) { config.erase(key); });
    SCOPED_TRACE(key);
    expect_refused(model.path(), 3, {model / "config.json"});
  }
  const ModelCopy model;
  model.edit_json("config.json", [](Json& config) { config.erase("vision_config"); });
  expect_refused(model.path(), 3, {model / "config.json", "\"vision_config\" is missing"});
}

TEST(BadCheckpoint, ConfigWithAnImpossibleNumber) {
  const ModelCopy model;
  const std::string good = read_text(model / "config.json");
  const std::vector<std::pair<Json, std::string>> patches = {
      {{{"num_attention_heads", 0}}, "0 heads"},
      {{{"num_attention_heads", 7}}, "7 heads"},
      {{{"num_attention_heads", "8"}}, "num_attention_heads"},
      {{{"num_key_value_heads", 3}}, "3 key-value heads"},
      {{{"num_hidden_layers", 1'000'000'000}}, "language layers"},
      {{{"hidden_size", 1'000'000'000'000'000'000}}, "hidden size"},
      {{{"intermediate_size", -5}}, "-5"},
      {{{"max_position_embeddings", 0}}, "max_position_embeddings"},
      {{{"image_token_id", 99999}}, "image_token_id"},
      {{{"rope_scaling", {{"mrope_section", {-4, 10, 10}}}}}, "mrope_section"},
      {{{"vision_config", {{"depth", 1'000'000'000}}}}, "vision layers"},
  };
  for (const auto& [patch, piece] : patches) {
    Json config = Json::parse(good);
    config.merge_patch(patch);
    write_text(model / "config.json", config.dump());
    SCOPED_TRACE(patch.dump());
    expect_refusal(halftone({"inspect", model.path()}), 3, {model / "config.json", piece});
  }
}

TEST(BadCheckpoint, NoConfig) {
  const ModelCopy model;
  fs::remove(model / "config.json");
  expect_refused_by_all(model.path(), 3, {model / "config.json"});
}

TEST(BadCheckpoint, QuantizedAlready) {
  TempDirectory place;
  ASSERT_EQ(halftone({"quantize", kModel, "-r", "rtn-w4g64", "-o", place / "q"}).code, 0);
  expect_refused(place / "q", 4, {place / "q/config.json", "quantized already"});
}

TEST(BadCheckpoint, QuantizedBySomebodyElse) {
  const ModelCopy model;
  model.edit_json("config.json", [](Json& config) {
    config["quantization_config"] = {{"quant_method", "awq"}, {"bits", 4}};
  });
  expect_refused(model.path(), 4, {model / "config.json", "quantized already"});
}

TEST(BadCheckpoint, PickledWeightsOnly) {
  const ModelCopy model;
  for (const auto& name : names_in(model.path())) {
    if (name.find(".safetensors") != std::string::npos) fs::remove(model / name);
  }
  write_text(model / "pytorch_model.bin", "\x80\x02cposix\nsystem\n");
  expect_refused_by_all(model.path(), 4, {model.path(), "pytorch_model.bin", "pickle"});
}

TEST(BadCheckpoint, NoDirectoryAnEmptyOneAndAFile) {
  TempDirectory place;
  fs::create_directory(place / "empty");
  write_text(place / "file", "x");
  expect_refused_by_all(place / "nowhere", 3, {place / "nowhere"});
  expect_refused_by_all(place / "empty", 3, {place / "empty", "config.json"});
  expect_refused_by_all(place / "file", 3, {place / "file"});
}

TEST(BadCheckpoint, NotANumberInAWeight) {
  const ModelCopy model;
  model.poke(kQ, 4242, "\xff\x7f");
  expect_refused(model.path(), 3, {model.shard_of(kQ), kQ, "not finite"});
}

// A weight that calibration runs through is found before the statistics behind it are.
TEST(BadCheckpoint, NotANumberInAWeightUnderCalibration) {
  const ModelCopy model;
  TempDirectory place;
  const std::string data = write_conversations(place, 20);
  model.poke(kQ, 4242, "\x80\x7f");
  const auto refused = halftone({"quantize", model.path(), "-r", "gptq-w4g64", "--data", data, "--images",
                                 kPictures, "-o", place / "out"});
  expect_refusal(refused, 3, {model.shard_of(kQ), kQ, "not finite"});
  EXPECT_THAT(names_in(place.path()), testing::ElementsAre("conversations.json"));
}

// A float tensor that no rule touches poisons what comes after it.
TEST(BadCheckpoint, NotANumberInWhatCalibrationSees) {
  const ModelCopy model;
  TempDirectory place;
  const std::string data = write_conversations(place, 20);
  model.poke(kNorm, 6, "\xff\x7f");
  const auto refused = halftone({"quantize", model.path(), "-r", "gptq-w4g64", "--data", data, "--images",
                                 kPictures, "-o", place / "out"});
  expect_refusal(refused, 6, {"language.0", "not finite"});
  EXPECT_THAT(names_in(place.path()), testing::ElementsAre("conversations.json"));
}

}  // namespace
}  // namespace halftone::e2e
