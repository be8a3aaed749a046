#include "halftone/cli/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

using testing::HasSubstr;
using testing::Not;

Json divergence() {
  return {{"kl", 0.25},   {"kl_se", 0.0625}, {"top1", 0.875},        {"positions", 40},
          {"ppl_a", 2.0}, {"ppl_b", 3.0},    {"samples", {"a", "b"}}};
}

TEST(RenderQuantize, SaysTheCostOnUnseenSamples) {
  const std::string text = render_quantize({{"outputs", {"/out"}},
                                            {"quality", divergence()},
                                            {"broken_limits", {"kl 0.25 is above its limit 0.1"}},
                                            {"seconds", 125.0},
                                            {"peak_bytes", 1 << 20}});
  EXPECT_THAT(text, HasSubstr("0.250000 +- 0.062500 nats"));
  EXPECT_THAT(text, HasSubstr("87.50 %"));
  EXPECT_THAT(text, HasSubstr("2 samples that calibration did not see"));
  EXPECT_THAT(text, HasSubstr("2 min 05 s, peak memory 1.0 MiB"));
  EXPECT_THAT(text, HasSubstr("kl 0.25 is above its limit 0.1\n"));
  EXPECT_THAT(text, testing::EndsWith("/out\n"));
}

TEST(RenderQuantize, WithoutQualitySaysNothingOfIt) {
  const std::string text = render_quantize({{"outputs", {"/out"}},
                                            {"quality", nullptr},
                                            {"broken_limits", Json::array()},
                                            {"seconds", 1.0},
                                            {"peak_bytes", 1}});
  EXPECT_THAT(text, Not(HasSubstr("KL")));
}

TEST(RenderVerify, EndsWithTheVerdict) {
  const Json good = {{"check", "codes"}, {"passed", true}, {"detail", "7 modules"}};
  const Json bad = {{"check", "config"}, {"passed", false}, {"detail", "differs"}};
  const Json none = Json::array();
  EXPECT_THAT(render_verify({{"passed", true}, {"checks", {good}}, {"errors", none}}),
              testing::EndsWith("\nverified\n"));
  const Json error = {{"module", "m"}, {"mse", 0.5}, {"sqnr_db", nullptr}};
  const std::string text =
      render_verify({{"passed", false}, {"checks", {good, bad}}, {"errors", Json::array({error})}});
  EXPECT_THAT(text, testing::EndsWith("\nNOT verified\n"));
  EXPECT_THAT(text, HasSubstr("config  FAILED  differs\n"));
  EXPECT_THAT(text, HasSubstr("m       -        0.5\n"));
}

TEST(RenderCompare, NamesTheFirstToDepart) {
  Json r = divergence();
  r["question"] = divergence();
  r["first_departure"] = "language.2";
  r["blocks"] = Json::array({{{"block", "embed"}, {"hidden_error_text", 0.0}, {"hidden_error_vision", 0.0}}});
  r["sites"] = Json::array();
  EXPECT_THAT(render_compare(r), HasSubstr("first to depart  language.2\n"));
  r["first_departure"] = nullptr;
  EXPECT_THAT(render_compare(r), HasSubstr("first to depart  none\n"));
  EXPECT_THAT(render_compare(r), HasSubstr("on 40 answer tokens"));
}

TEST(RenderDump, ListsTensorsAndTheFile) {
  const std::string text = render_dump({{"file", "/d.safetensors"}, {"tensors", {{"logits", {9, 1024}}}}});
  EXPECT_THAT(text, HasSubstr("logits  9 x 1024\n"));
  EXPECT_THAT(text, testing::EndsWith("written to /d.safetensors\n"));
}

TEST(RenderDescribe, ShowsListsParametersAndTexts) {
  const std::string list = render_describe({{"list", {{{"name", "gptq"}, {"summary", "errors fed forward"}}}}});
  EXPECT_THAT(list, HasSubstr("gptq  errors fed forward\n"));
  const Json param = {
      {"name", "damp"}, {"type", "number"}, {"default", "0.01"}, {"range", "0 to 10"}, {"help", "a share"}};
  const std::string entry =
      render_describe({{"summary", "one line"}, {"params", Json::array({param})}, {"text", "version: 1\n"}});
  EXPECT_THAT(entry, testing::StartsWith("one line\n"));
  EXPECT_THAT(entry, HasSubstr("damp"));
  EXPECT_THAT(entry, testing::EndsWith("\nversion: 1\n"));
}

TEST(Render, NamesOutOfFilesCannotWriteToTheTerminal) {
  EXPECT_THAT(render_report({{"file", "a\x1b[31m"}}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(render_dump({{"file", "a\x1b[31m"}, {"tensors", {{"b\x1b[31m", {1}}}}}), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace halftone
