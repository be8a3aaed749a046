#include "halftone/engine/round_trip_check.h"

#include "tests/expect_error.h"
#include "tests/support/small_model.h"

#include "halftone/engine/verifier.h"

namespace halftone::test {
namespace {

using testing::HasSubstr;

class RoundTripCheck : public testing::Test {
 protected:
  // Runs with samples that measure, so that the probes are recorded.
  void quantize(const std::string& more = {}) const {
    model_.run(small_recipe("rtn: {}", more), text_samples(4, 12), into("/out", true));
  }
  std::string check(const std::string& out = "/out") const {
    return check_round_trip(*model_.files, model_.open(out));
  }
  Json quality(const std::string& out = "/out") const {
    return Json::parse(read_file(*model_.files, out + "/quality.json"));
  }
  void edit_record(const std::function<void(Json&)>& edit) const {
    Json json = quality();
    edit(json["round_trip"]);
    write_file(*model_.files, "/out/quality.json", json.dump());
  }
  void spoil(const std::string& tensor, std::size_t offset, char mask) const {
    const std::string path = "/out/model.safetensors";
    std::string bytes = read_file(*model_.files, path);
    const std::size_t length = static_cast<unsigned char>(bytes[0]) +
                               256u * static_cast<unsigned char>(bytes[1]) +
                               65536u * static_cast<unsigned char>(bytes[2]);
    const auto begin = Json::parse(bytes.substr(8, length))[tensor]["data_offsets"][0].get<std::size_t>();
    bytes[8 + length + begin + offset] ^= mask;
    write_file(*model_.files, path, bytes);
  }

  const std::string down_ = "model.layers.0.mlp.down_proj";
  SmallModel model_;
};

TEST_F(RoundTripCheck, OneMachineRepeatsItselfExactly) {
  quantize();
  EXPECT_THAT(check(), HasSubstr("8 probes as in the run, log-likelihoods within 0 of theirs"));
  const Json record = quality()["round_trip"];
  EXPECT_EQ(record["probes"], "chat");
  EXPECT_EQ(record["nll"].size(), 8u);
  EXPECT_FALSE(record.contains("nll_quantized_inputs"));
}

// Nothing but this check sees it once the hashes of the run are gone: the scale stays a positive number.
TEST_F(RoundTripCheck, AChangedByteOfAScaleIsHeard) {
  quantize();
  model_.files->remove_all("/out/run.jsonl");
  spoil(down_ + ".weight_scale", 1, 0x03);  // of its exponent: 64 times as large
  expect_error(ErrorKind::input, {"probe 1 of 8", "negative log-likelihood of", "the run that wrote this"},
               [&] { check(); });
  const VerifyReport report = verify_output(*model_.files, model_.open("/out"), &model_.checkpoint);
  for (const auto& c : report.checks) EXPECT_EQ(c.passed, c.name != "round trip") << c.name << ": " << c.detail;
  spoil(down_ + ".weight_scale", 1, 0x03);
  EXPECT_TRUE(verify_output(*model_.files, model_.open("/out"), &model_.checkpoint).passed());
}

TEST_F(RoundTripCheck, EachOutputIsHeldToItsOwnWeights) {
  quantize("output: [{format: compressed_tensors}, {format: dense}]\n");
  for (const std::string out : {"/out/compressed_tensors", "/out/dense"})
    EXPECT_THAT(check(out), HasSubstr("within 0 of theirs")) << out;
  EXPECT_NE(quality("/out/dense")["round_trip"]["nll"],
            quality("/out/compressed_tensors")["round_trip"]["nll"]);
}

TEST_F(RoundTripCheck, QuantizedInputsAreHeldToTheirSum) {
  const std::string recipe =
      "version: 1\n"
      "schemes: {w8a8: {weight: {bits: 8, per: channel}, input: {bits: 8}}}\n"
      "assign: [{site: \"language.*\", scheme: w8a8}]\n"
      "methods: [rtn]\n";
  model_.run(recipe, text_samples(4, 12), into("/out", true));
  EXPECT_THAT(check(), HasSubstr(", with quantized inputs within 0"));
  edit_record(
      [](Json& r) { r["nll_quantized_inputs"][0] = 1.01 * r["nll_quantized_inputs"][0].get<double>(); });
  EXPECT_THAT(check(), HasSubstr(", with quantized inputs within 0.00"));
  edit_record([](Json& r) {
    for (auto& sum : r["nll_quantized_inputs"]) sum = 1.1 * sum.get<double>();
  });
  expect_error(ErrorKind::input, {"with quantized inputs", "the run that wrote this had"}, [&] { check(); });
  edit_record([](Json& r) { r.erase("nll_quantized_inputs"); });
  expect_error(ErrorKind::input, {"the directory quantizes inputs, the run that wrote this did not"},
               [&] { check(); });
}

TEST_F(RoundTripCheck, ARecordThatIsNotMetIsNamed) {
  quantize();
  const auto nll = quality()["round_trip"]["nll"][2].get<double>();
  edit_record([&](Json& r) { r["nll"][2] = nll * (1 + 0.5e-4); });
  EXPECT_THAT(check(), HasSubstr("within 5e-05"));
  edit_record([&](Json& r) { r["nll"][2] = nll * (1 + 2e-4); });
  expect_error(ErrorKind::input, {"probe 3 of 8"}, [&] { check(); });
  edit_record([&](Json& r) { r["nll"][2] = nll, r["next"][4] = 1; });
  expect_error(ErrorKind::input, {"probe 5 of 8 is followed by token", "by token 1"}, [&] { check(); });
  edit_record([](Json& r) { r["nll"] = {1.0}; });
  expect_error(ErrorKind::input, {"holds 1 sums and 8 tokens, there are 8 probes"}, [&] { check(); });
  edit_record([](Json& r) { r = 5; });
  expect_error(ErrorKind::input, {"/out/quality.json", "round_trip is no object"}, [&] { check(); });
}

TEST_F(RoundTripCheck, WithoutARecordTheModelMustRun) {
  model_.run(small_recipe("rtn: {}"), {}, into("/out"));
  EXPECT_FALSE(quality().contains("round_trip"));
  EXPECT_EQ(check(), "runs, finite; the run recorded no logits to compare");
  write_file(*model_.files, "/out/quality.json", "{\"kind\": 5}");
  expect_error(ErrorKind::input, {"/out/quality.json", "not what a run writes"}, [&] { check(); });
  model_.files->remove_all("/out/quality.json");
  EXPECT_EQ(check(), "runs, finite; not compared: quality.json is missing");
  for (std::size_t i = 1; i < 512; i += 2) spoil("model.norm.weight", i, 0x40);
  const Error error = error_of([&] { check(); });
  EXPECT_THAT(error.message(), HasSubstr("logits that are not finite"));
}

TEST_F(RoundTripCheck, ABrokenTokenizerIsNotTakenForNone) {
  quantize();
  write_file(*model_.files, "/out/tokenizer.json", "{");
  expect_error(ErrorKind::input, {"/out/tokenizer.json"}, [&] { check(); });
}

}  // namespace
}  // namespace halftone::test
