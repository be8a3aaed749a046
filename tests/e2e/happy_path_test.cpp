// What a user does, from a checkpoint to an output that verifies.
#include <algorithm>
#include <filesystem>

#include "tests/e2e/program.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone::e2e {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;

const std::string kDown = "model.layers.3.mlp.down_proj";

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

// Bytes behind a header.
std::size_t data_bytes(const Json& header) {
  std::size_t end = 0;
  for (const auto& [name, entry] : header.items()) {
    if (name != "__metadata__") end = std::max(end, entry["data_offsets"][1].get<std::size_t>());
  }
  return end;
}

class HappyPath : public testing::Test {
 protected:
  // Runs with --json, which must succeed with one JSON value on stdout.
  Json json(std::vector<std::string> arguments) const {
    arguments.push_back("--json");
    const Finished finished = halftone(arguments);
    EXPECT_EQ(finished.code, 0) << finished.err;
    return Json::parse(finished.out);
  }

  Json quantize(const std::string& recipe, const std::string& out, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"quantize", kModel, "-r", recipe, "-o", place_ / out};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return json(arguments);
  }

  std::vector<std::string> data(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--data", write_conversations(place_, 20), "--images", kPictures});
    return more;
  }

  // What every output directory promises.
  void expect_complete(const std::string& out, const std::string& source = kModel) const {
    const std::string path = place_ / out;
    for (const auto& [name, content] : contents_of(source)) {
      const bool side = name.find(".safetensors") == std::string::npos && name.find('/') == std::string::npos;
      if (side && name != "config.json") {
        EXPECT_EQ(read_text(path + "/" + name), content) << name;
      }
    }
    for (const char* name : {"recipe.resolved.yaml", "run.jsonl", "quality.json"})
      EXPECT_TRUE(fs::exists(path + "/" + name)) << name;
    EXPECT_FALSE(fs::exists(path + ".partial") || fs::exists(path + ".lock"));
    const Json verified = json({"verify", path, "--against", source});
    EXPECT_TRUE(verified["passed"].get<bool>()) << verified.dump(1);
    EXPECT_THAT(keys(verified), ElementsAre("passed", "checks", "errors"));
  }

  Json header(const std::string& out) const { return header_of(place_ / (out + "/model.safetensors")); }
  Json config(const std::string& out) const { return Json::parse(read_text(place_ / (out + "/config.json"))); }

  static void expect_tensor(const Json& header, const std::string& name, const std::string& dtype,
                            const std::vector<int>& shape) {
    ASSERT_TRUE(header.contains(name)) << name;
    EXPECT_EQ(header[name]["dtype"], dtype) << name;
    EXPECT_EQ(header[name]["shape"], Json(shape)) << name;
  }

  TempDirectory place_;
};

TEST_F(HappyPath, InspectSaysWhatTheModelIs) {
  const Json r = json({"inspect", kModel});
  EXPECT_EQ(r["model_type"], "qwen2_vl");
  EXPECT_EQ(r["blocks"].size(), 14u);
  EXPECT_EQ(r["site_count"], 1 + 4 * 6 + 2 + 6 * 7 + 1);
  EXPECT_TRUE(r["quantized"].is_null());
  EXPECT_THAT(keys(r), IsSupersetOf({"model", "bytes", "tensors", "vocabulary", "max_positions", "spaces"}));
  const Finished text = halftone({"inspect", kModel});
  EXPECT_THAT(text.out, HasSubstr("language.5"));
  EXPECT_EQ(text.err, "");
}

TEST_F(HappyPath, PlanPromisesTheBytesThatQuantizeWrites) {
  const Json r = json({"plan", kModel, "-r", "rtn-w4g64"});
  EXPECT_THAT(keys(r), IsSupersetOf({"samples", "tokens", "seconds", "peak_memory", "bytes_in", "outputs",
                                     "blocks", "sites", "needs_data", "data_assumed"}));
  EXPECT_FALSE(r["needs_data"].get<bool>());
  quantize("rtn-w4g64", "out");
  EXPECT_EQ(r["outputs"][0]["bytes"], data_bytes(header("out")));
  EXPECT_EQ(r["outputs"][0]["tensors"].get<std::size_t>() + 1, header("out").size());
  auto arguments = data({"plan", kModel, "-r", "gptq-w4g64"});
  const Json counted = json(arguments);
  EXPECT_TRUE(counted["needs_data"].get<bool>());
  EXPECT_FALSE(counted["data_assumed"].get<bool>());
  EXPECT_EQ(counted["samples"], 12);
  EXPECT_EQ(counted["quality_samples"], 8);
}

TEST_F(HappyPath, RoundToNearestNeedsNoData) {
  const Json r = quantize("rtn-w4g64", "out");
  EXPECT_THAT(keys(r),
              ElementsAre("outputs", "quality", "broken_limits", "seconds", "peak_bytes", "skipped_records"));
  EXPECT_EQ(r["outputs"], Json({place_ / "out"}));
  EXPECT_TRUE(r["quality"].is_null());
  expect_complete("out");
  const Json h = header("out");
  expect_tensor(h, kDown + ".weight_packed", "I32", {256, 512 / 8});
  expect_tensor(h, kDown + ".weight_scale", "BF16", {256, 512 / 64});
  EXPECT_FALSE(h.contains(kDown + ".weight"));
  expect_tensor(h, "visual.blocks.0.attn.qkv.weight", "BF16", {576, 192});
}

TEST_F(HappyPath, GptqOnConversationsWithPictures) {
  const Json r = quantize("gptq-w4g64", "out", data());
  EXPECT_GT(r["quality"]["kl"].get<double>(), 0);
  EXPECT_LT(r["quality"]["kl"].get<double>(), 1);
  EXPECT_GT(r["quality"]["top1"].get<double>(), 0.5);
  EXPECT_EQ(r["quality"]["samples"].size(), 8u);
  const Json written = Json::parse(read_text(place_ / "out/quality.json"));
  for (const auto& [key, value] : r["quality"].items()) EXPECT_EQ(written[key], value) << key;
  expect_complete("out");
  // Nothing but one key is new in config.json, and the others keep their order.
  auto names = keys(Json::parse(read_text(kModel + "/config.json")));
  names.emplace_back("quantization_config");
  EXPECT_EQ(keys(config("out")), names);
}

TEST_F(HappyPath, EightBitsWithEightBitInputs) {
  quantize("gptq-w8a8", "out", data());
  expect_complete("out");
  const Json h = header("out");
  expect_tensor(h, kDown + ".weight", "I8", {256, 512});
  expect_tensor(h, kDown + ".weight_scale", "BF16", {256, 1});
  EXPECT_EQ(config("out")["quantization_config"]["format"], "int-quantized");
}

TEST_F(HappyPath, EightBitFloats) {
  quantize("fp8-dynamic", "out");
  expect_complete("out");
  const Json h = header("out");
  expect_tensor(h, kDown + ".weight", "F8_E4M3", {256, 512});
  expect_tensor(h, kDown + ".weight_scale", "BF16", {256, 1});
  EXPECT_EQ(config("out")["quantization_config"]["format"], "float-quantized");
}

TEST_F(HappyPath, DenseOutputIsAFloatCheckpointOfTheSameShape) {
  quantize("rtn-w4g64", "out", {"--set", "output.format=dense"});
  expect_complete("out");
  EXPECT_FALSE(config("out").contains("quantization_config"));
  Json source = Json::object();
  for (int i = 1; i <= 3; ++i)
    source.update(header_of(kModel + "/model-0000" + std::to_string(i) + "-of-00003.safetensors"));
  const Json h = header("out");
  EXPECT_EQ(h.size(), source.size());
  for (const auto& [name, entry] : source.items()) {
    if (name == "__metadata__") continue;
    EXPECT_EQ(h[name]["shape"], entry["shape"]) << name;
    EXPECT_EQ(h[name]["dtype"], entry["dtype"]) << name;
  }
  // A dense output is what its packed twin dequantizes to.
  quantize("rtn-w4g64", "packed");
  auto arguments = data({"compare", place_ / "out", place_ / "packed"});
  EXPECT_LT(json(arguments)["kl"].get<double>(), 1e-3);
}

TEST_F(HappyPath, AVisionRuleQuantizesTheTower) {
  write_text(place_ / "recipe.yaml",
             "version: 1\n"
             "calibration: {samples: 20}\n"
             "schemes: {w4: {weight: {bits: 4, group: 64, symmetric: true}}}\n"
             "assign:\n"
             "  - {site: \"vision.*\", scheme: w4}\n"
             "  - {site: \"bridge.*\", scheme: w4}\n"
             "methods: [gptq]\n");
  quantize(place_ / "recipe.yaml", "out", data());
  expect_complete("out");
  const Json h = header("out");
  expect_tensor(h, "visual.blocks.2.attn.qkv.weight_packed", "I32", {576, 192 / 8});
  expect_tensor(h, "visual.merger.mlp.0.weight_packed", "I32", {768, 768 / 8});
  EXPECT_TRUE(h.contains(kDown + ".weight"));
  const std::string lines = read_text(place_ / "out/run.jsonl");
  EXPECT_THAT(lines, HasSubstr("\"hidden_error_vision\""));
}

TEST_F(HappyPath, ARunRepeatsByteByByte) {
  quantize("gptq-w4g64", "one", data());
  quantize("gptq-w4g64", "two", data());
  for (const char* name : {"model.safetensors", "config.json", "quality.json", "recipe.resolved.yaml"})
    EXPECT_EQ(read_text(place_ / ("one/" + std::string(name))),
              read_text(place_ / ("two/" + std::string(name))))
        << name;
  // The resolved recipe says it all: it is a recipe, and gives the same bytes.
  quantize(place_ / "one/recipe.resolved.yaml", "three");
  EXPECT_EQ(read_text(place_ / "three/model.safetensors"), read_text(place_ / "one/model.safetensors"));
}

TEST_F(HappyPath, SmallShardsHaveAnIndex) {
  quantize("rtn-w4g64", "out", {"--set", "output.shard=2MB"});
  const Json index = Json::parse(read_text(place_ / "out/model.safetensors.index.json"));
  EXPECT_GT(std::count_if(fs::directory_iterator(place_ / "out"), fs::directory_iterator(),
                          [](const auto& e) { return e.path().extension() == ".safetensors"; }),
            2);
  const std::string shard = index["weight_map"][kDown + ".weight_packed"].get<std::string>();
  EXPECT_TRUE(header_of(place_ / ("out/" + shard)).contains(kDown + ".weight_packed"));
  EXPECT_EQ(halftone({"verify", place_ / "out"}).code, 0);
}

TEST_F(HappyPath, VerifySeesDamage) {
  quantize("rtn-w4g64", "out");
  const std::string path = place_ / "out/model.safetensors";
  const auto packed = header("out")[kDown + ".weight_packed"]["data_offsets"][0].get<std::size_t>();
  std::string bytes = read_text(path);
  bytes[bytes.size() - data_bytes(header("out")) + packed + 4096] ^= 0x11;
  write_text(path, bytes);
  write_text(place_ / "out/vocab.json", "{}");
  const Finished finished = halftone({"verify", place_ / "out", "--against", kModel});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.out, HasSubstr("NOT verified"));
  EXPECT_THAT(finished.out, HasSubstr("\"" + kDown + "\" reads back other codes"));
  EXPECT_THAT(finished.out, HasSubstr("vocab.json: differs"));
}

TEST_F(HappyPath, CompareReportsWhereTheyDepart) {
  quantize("rtn-w4g64", "out");
  const Json r = json(data({"compare", kModel, place_ / "out"}));
  EXPECT_THAT(keys(r), IsSupersetOf({"kl", "kl_se", "top1", "positions", "ppl_a", "ppl_b", "question",
                                     "first_departure", "blocks", "sites"}));
  EXPECT_EQ(r["first_departure"], "language.0");
  EXPECT_EQ(r["sites"].size(), 42u);
  const Json same = json(data({"compare", kModel, kModel}));
  EXPECT_EQ(same["kl"], 0.0);
  EXPECT_EQ(same["top1"], 1.0);
  EXPECT_TRUE(same["first_departure"].is_null());
  EXPECT_TRUE(same["sites"].empty());
}

TEST_F(HappyPath, DumpWritesEveryNamedTensor) {
  write_text(place_ / "sample.json", record_about("one", "scene-112.png").dump());
  const Json r = json({"dump", kModel, "--sample", place_ / "sample.json", "--images", kPictures, "-o",
                       place_ / "dump.safetensors"});
  const Json h = header_of(place_ / "dump.safetensors");
  for (const auto& [name, shape] : r["tensors"].items()) EXPECT_EQ(h[name]["shape"], shape) << name;
  for (const char* name : {"input_ids", "pixel_values", "image_features", "vision.3.out", "language.5.out",
                           "language.0.q.input", "logits"})
    EXPECT_TRUE(h.contains(name)) << name;
  expect_refusal(halftone({"dump", kModel, "--sample", place_ / "sample.json", "--images", kPictures, "-o",
                           place_ / "dump.safetensors"}),
                 7, {place_ / "dump.safetensors"});
}

TEST_F(HappyPath, DescribeKnowsEverything) {
  const Json topics = json({"describe"}), presets = json({"describe", "presets"});
  EXPECT_FALSE(topics["list"].empty());
  for (const auto& topic : topics["list"]) {
    const Finished finished = halftone({"describe", topic["name"].get<std::string>()});
    EXPECT_EQ(finished.code, 0) << finished.err;
    EXPECT_EQ(finished.err, "");
  }
  const Json gptq = json({"describe", "gptq"});
  EXPECT_THAT(gptq.dump(), HasSubstr("\"damp\""));
  EXPECT_THAT(json({"describe", "families"}).dump(), HasSubstr("qwen2_vl"));
  EXPECT_GE(presets["list"].size(), 19u);
  for (const auto& preset : presets["list"])
    EXPECT_EQ(halftone({"plan", kModel, "-r", preset["name"].get<std::string>()}).code, 0) << preset["name"];
}

TEST_F(HappyPath, ResultsGoToStdoutAndTalkToStderr) {
  auto arguments = data({"quantize", kModel, "-r", "gptq-w4g64", "-o", place_ / "out"});
  const Finished finished = halftone(arguments);
  EXPECT_EQ(finished.code, 0);
  EXPECT_THAT(finished.out, HasSubstr("KL(float || quantized)"));
  EXPECT_THAT(finished.out, HasSubstr(place_ / "out"));
  EXPECT_THAT(finished.out, testing::Not(HasSubstr(" blocks, ")));
  EXPECT_THAT(finished.err, HasSubstr("14 of 14 blocks"));
  EXPECT_EQ(finished.err.find('\r'), std::string::npos);
}

TEST_F(HappyPath, ABrokenLimitIsWrittenAndTheExitCodeSaysSo) {
  auto arguments =
      data({"quantize", kModel, "-r", "gptq-w3g128", "-o", place_ / "out", "--set", "limits.kl=0.000001"});
  const Finished finished = halftone(arguments);
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.out, HasSubstr("is above its limit"));
  EXPECT_TRUE(fs::exists(place_ / "out/config.json"));
}

TEST_F(HappyPath, ACacheSnapshotWorks) {
  const fs::path repository = place_ / "models--x--y", snapshot = repository / "snapshots" / "abc";
  fs::create_directories(repository / "blobs");
  fs::create_directories(snapshot);
  for (const auto& entry : fs::directory_iterator(kModel)) {
    const fs::path name = entry.path().filename();
    if (!entry.is_regular_file()) continue;
    fs::copy(entry.path(), repository / "blobs" / name);
    fs::create_symlink(fs::path("../../blobs") / name, snapshot / name);
  }
  const Finished finished = halftone({"quantize", snapshot.string(), "-r", "rtn-w4g64", "-o", place_ / "out"});
  EXPECT_EQ(finished.code, 0) << finished.err;
  expect_complete("out");
  for (const auto& entry : fs::directory_iterator(place_ / "out")) EXPECT_FALSE(entry.is_symlink());
}

TEST(Program, SaysItsVersionAndHelps) {
  const Finished version = halftone({"--version"}), help = halftone({"quantize", "--help"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, testing::StartsWith("halftone "));
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("--overwrite"));
}

}  // namespace
}  // namespace halftone::e2e
