#include "halftone/engine/verifier.h"

#include <algorithm>

#include "tests/support/small_model.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone::test {
namespace {

class Verify : public testing::Test {
 protected:
  void SetUp() override { model_.run(small_recipe("rtn: {}", more_), {}, into("/out")); }

  // Names of the checks that fail.
  std::vector<std::string> failures(bool against = true) const {
    const Checkpoint output = model_.open("/out");
    std::vector<std::string> names;
    for (const auto& check :
         verify_output(*model_.files, output, against ? &model_.checkpoint : nullptr).checks) {
      if (!check.passed) names.push_back(check.name);
    }
    return names;
  }
  // Changes one byte of a tensor.
  void spoil(const std::string& tensor, std::size_t offset, char mask) const {
    const std::string path = "/out/model.safetensors";
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
  SmallModel model_;
};

using Names = std::vector<std::string>;

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
  EXPECT_EQ(failures(), Names{"codes"});
  spoil(q_ + ".weight_packed", 40, 0x10);
  EXPECT_EQ(failures(), Names{});
  spoil(q_ + ".weight_scale", 0, 0x01);
  EXPECT_EQ(failures(), Names{"codes"});
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
