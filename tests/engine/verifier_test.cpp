#include "halftone/engine/verifier.h"

#include <algorithm>

#include "tests/expect_error.h"
#include "tests/support/small_model.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone::test {
namespace {

class Verify : public testing::Test {
 protected:
  void SetUp() override { model_.run(small_recipe("rtn: {}", more_), {}, into("/out")); }

  VerifyReport verify(bool against) const {
    return verify_output(*model_.files, model_.open(out_), against ? &model_.checkpoint : nullptr);
  }
  // Names of the checks that fail.
  std::vector<std::string> failures(bool against = true) const {
    std::vector<std::string> names;
    for (const auto& check : verify(against).checks) {
      if (!check.passed) names.push_back(check.name);
    }
    return names;
  }
  std::string detail(const std::string& name, bool against = true) const {
    for (const auto& check : verify(against).checks) {
      if (check.name == name) return check.detail;
    }
    return "no such check";
  }
  // Changes one byte of a tensor.
  void spoil(const std::string& tensor, std::size_t offset, char mask) const {
    const std::string path = out_ + "/model.safetensors";
    std::string bytes = read_file(*model_.files, path);
    std::uint64_t length = 0;
    for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
    const auto begin = Json::parse(bytes.substr(8, length))[tensor]["data_offsets"][0].get<std::size_t>();
    bytes[8 + length + begin + offset] = static_cast<char>(bytes[8 + length + begin + offset] ^ mask);
    write_file(*model_.files, path, bytes);
  }
  void edit_config(const std::function<void(Json&)>& edit) const {
    Json config = Json::parse(read_file(*model_.files, "/out/config.json"));
    edit(config);
    write_file(*model_.files, "/out/config.json", config.dump(2));
  }

  const std::string more_ = "output: {format: compressed_tensors}\n";
  const std::string q_ = "model.layers.0.self_attn.q_proj";
  std::string out_ = "/out";
  SmallModel model_;
};

using Names = std::vector<std::string>;
using testing::HasSubstr;

TEST_F(Verify, PassesWhatARunWrote) {
  EXPECT_EQ(failures(), Names{});
  EXPECT_EQ(failures(false), Names{});
  const VerifyReport report = verify_output(*model_.files, model_.open("/out"), &model_.checkpoint);
  EXPECT_TRUE(report.passed());
  ASSERT_EQ(report.errors.size(), 7u);
  // Four bits cost about 20 dB on weights like these.
  for (const auto& error : report.errors) EXPECT_NEAR(error.sqnr_db, 20, 6) << error.module;
  EXPECT_EQ(to_json(report)["passed"], true);
}

TEST_F(Verify, SeesAChangedCodeAndAChangedScale) {
  spoil(q_ + ".weight_packed", 40, 0x10);
  EXPECT_EQ(failures(), (Names{"codes", "tensors"}));
  spoil(q_ + ".weight_packed", 40, 0x10);
  EXPECT_EQ(failures(), Names{});
  spoil(q_ + ".weight_scale", 0, 0x01);
  EXPECT_EQ(failures(), (Names{"codes", "tensors"}));
}

TEST_F(Verify, SeesAFlippedByteOfAPlainTensorByTheRunAndByTheSource) {
  for (const std::string tensor : {"model.norm.weight", "model.embed_tokens.weight"}) {
    spoil(tensor, 0, 0x01);
    EXPECT_EQ(failures(false), Names{"tensors"});
    EXPECT_THAT(detail("tensors"), HasSubstr("\"" + tensor + "\" holds other bytes than the run wrote"));
    spoil(tensor, 0, 0x01);
  }
  model_.files->remove_all("/out/run.jsonl");
  spoil("model.norm.weight", 0, 0x01);
  EXPECT_EQ(failures(false), Names{});
  EXPECT_EQ(failures(), Names{"tensors"});
  EXPECT_THAT(detail("tensors"), HasSubstr("\"model.norm.weight\" is not quantized, but differs"));
}

TEST_F(Verify, SaysWhatItCouldNotCompare) {
  EXPECT_THAT(detail("codes"), HasSubstr("7 modules read back, all equal to what the run wrote"));
  EXPECT_EQ(detail("side files", false), "not checked without --against");
  write_file(*model_.files, "/out/run.jsonl", "");
  EXPECT_THAT(detail("codes"), HasSubstr("not compared: run.jsonl records no hashes"));
  model_.files->remove_all("/out/run.jsonl");
  EXPECT_EQ(detail("codes"), "7 modules read back, not compared: run.jsonl is missing");
  EXPECT_EQ(detail("tensors", false), "not compared: run.jsonl is missing");
  EXPECT_THAT(detail("tensors"), HasSubstr("plain ones equal to the source's"));
  EXPECT_EQ(failures(), Names{});
  write_file(*model_.files, "/out/run.jsonl", "5\n");
  EXPECT_EQ(failures(), (Names{"codes", "tensors"}));
}

TEST_F(Verify, HoldsDenseOutputsToTheirOwnBytes) {
  model_.run(small_recipe("rtn: {}", "output: [{format: compressed_tensors}, {format: dense}]\n"), {},
             into("/out", true));
  expect_error(ErrorKind::input, {"/out: ", "/out/compressed_tensors, /out/dense"},
               [&] { refuse_several_outputs(*model_.files, "/out"); });
  out_ = "/out/compressed_tensors";
  refuse_several_outputs(*model_.files, out_);
  EXPECT_EQ(failures(), Names{});
  out_ = "/out/dense";
  EXPECT_EQ(failures(), Names{});
  for (const std::string& tensor : {q_ + ".weight", std::string("model.norm.weight")}) {
    spoil(tensor, 0, 0x01);
    EXPECT_EQ(failures(false), Names{"tensors"}) << tensor;
    spoil(tensor, 0, 0x01);
  }
  model_.files->remove_all("/out/dense/run.jsonl");
  EXPECT_EQ(failures(), Names{});
  EXPECT_THAT(detail("tensors"), HasSubstr("weights of linears not compared"));
  spoil("model.norm.weight", 0, 0x01);
  EXPECT_EQ(failures(), Names{"tensors"});
}

TEST_F(Verify, RefusesAFloatCheckpoint) {
  expect_error(ErrorKind::unsupported, {"/model: is not quantized"},
               [&] { verify_output(*model_.files, model_.checkpoint, nullptr); });
}

TEST_F(Verify, SeesAScaleThatIsNoNumberEvenWithoutTheJournal) {
  model_.files->remove_all("/out/run.jsonl");
  spoil(q_ + ".weight_packed", 40, 0x10);
  EXPECT_EQ(failures(), Names{});
  spoil(q_ + ".weight_scale", 1, static_cast<char>(0x80));
  EXPECT_THAT(failures(), testing::Contains("codes"));
}

TEST_F(Verify, SeesAConfigThatDoesNotFitItsTensors) {
  edit_config([](Json& config) { config["quantization_config"]["ignore"].push_back("model.layers.9"); });
  EXPECT_EQ(failures(), Names{"matching"});
}

TEST_F(Verify, NamesTheKeyOfTheConfigThatIsNotItsFormats) {
  const auto refused = [&](const std::string& key, const std::function<void(Json&)>& edit) {
    const std::string before = read_file(*model_.files, "/out/config.json");
    edit_config([&](Json& config) { edit(config["quantization_config"]); });
    EXPECT_EQ(failures(), Names{"matching"}) << key;
    EXPECT_THAT(detail("matching"), HasSubstr("quantization_config." + key + " is"));
    write_file(*model_.files, "/out/config.json", before);
  };
  refused("format", [](Json& q) { q["format"] = "int-quantized"; });
  refused("quantization_status", [](Json& q) { q.erase("quantization_status"); });
  refused("kv_cache_scheme", [](Json& q) { q["kv_cache_scheme"] = {{"num_bits", 8}}; });
  refused("transform_config", [](Json& q) { q["transform_config"]["a"] = 1; });
  refused("surprise", [](Json& q) { q["surprise"] = 1; });
}

TEST_F(Verify, SeesAConfigThatIsNotTheSources) {
  edit_config([](Json& config) { config["bos_token_id"] = 1; });
  EXPECT_EQ(failures(), Names{"config"});
  EXPECT_EQ(failures(false), Names{});
}

TEST_F(Verify, SeesSideFilesThatDifferOrLack) {
  write_file(*model_.files, "/out/vocab.json", "{}");
  EXPECT_EQ(failures(), Names{"side files"});
  model_.files->remove_all("/out/vocab.json");
  EXPECT_EQ(failures(), Names{"side files"});
  EXPECT_EQ(failures(false), Names{});
}

TEST_F(Verify, SeesAnIndexThatPromisesOtherSizes) {
  model_.run(small_recipe("rtn: {}", "output: {format: compressed_tensors, shard: 1MB}\n"), {},
             into("/out", true));
  EXPECT_EQ(failures(), Names{});
  const std::string path = "/out/model.safetensors.index.json";
  Json index = Json::parse(read_file(*model_.files, path));
  index["metadata"]["total_size"] = 5;
  write_file(*model_.files, path, index.dump());
  EXPECT_EQ(failures(), Names{"containers"});
}

TEST_F(Verify, SeesWhatTheIndexLeavesOut) {
  model_.run(small_recipe("rtn: {}", "output: {format: compressed_tensors, shard: 1MB}\n"), {},
             into("/out", true));
  write_file(*model_.files, "/out/extra.safetensors", "");
  EXPECT_EQ(failures(), Names{"containers"});
  EXPECT_THAT(detail("containers"), HasSubstr("/out/extra.safetensors"));
  const std::string path = "/out/model.safetensors.index.json";
  const Json index = Json::parse(read_file(*model_.files, path));
  for (const std::string& tensor :
       {q_ + ".weight_scale", q_ + ".weight_packed", q_ + ".weight_shape", std::string("model.norm.weight")}) {
    Json without = index;
    without["weight_map"].erase(tensor);
    write_file(*model_.files, path, without.dump());
    expect_error(ErrorKind::input, {tensor}, [&] { model_.open("/out"); });
  }
}

// No run writes this; somebody else's directory may hold it.
TEST_F(Verify, SeesTwoSchemesInWhatEnginesFuse) {
  Checkpoint output = model_.open("/out");
  for (auto& module : output.modules) {
    if (module.module == q_) module.scheme->weight.bits = 8;
  }
  const VerifyReport report = verify_output(*model_.files, output, nullptr);
  const auto fused = std::find_if(report.checks.begin(), report.checks.end(),
                                  [](const Check& check) { return check.name == "fused"; });
  EXPECT_FALSE(fused->passed);
  EXPECT_NE(fused->detail.find(q_), std::string::npos) << fused->detail;
}

}  // namespace
}  // namespace halftone::test
