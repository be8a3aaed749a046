#include <cmath>

#include "tests/report/well_formed.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "halftone/report/html_sections.h"

namespace halftone {
namespace {

using testing::HasSubstr;
using testing::Not;

Json quality_with(double kl, double se) {
  return {{"kl", kl},     {"kl_se", se},  {"top1", 0.9},   {"top1_se", 0.01},         {"positions", 100},
          {"ppl_a", 2.0}, {"ppl_b", 2.0}, {"nll_se", 0.1}, {"samples", Json::array()}};
}

std::string verdict(const Json& quality) { return verdict_section({}, quality); }

TEST(Verdict, ChoosesItsWordsByTheUpperEndOfTheInterval) {
  EXPECT_THAT(verdict(quality_with(0.0015, 0)), HasSubstr("Next to no loss"));
  EXPECT_THAT(verdict(quality_with(0.0015, 0.001)), HasSubstr("Very close"));
  EXPECT_THAT(verdict(quality_with(0.04, 0)), HasSubstr("Close, with differences"));
  EXPECT_THAT(verdict(quality_with(0.04, 0.01)), HasSubstr("Clearly different"));
  EXPECT_THAT(verdict(quality_with(3, 0.1)), HasSubstr("Far from"));
}

TEST(Verdict, GivesEveryFigureWithItsInterval) {
  const std::string html = verdict(quality_with(0.01, 0.001));
  EXPECT_EQ(test::fault_of(html), "");
  EXPECT_THAT(html, HasSubstr("0.01 nats (95 %: 0.008 to 0.012)"));
  EXPECT_THAT(html, HasSubstr("90.00\u00A0% of them (95 %: 88.0\u00A0% to 92.0\u00A0%)"));
  // exp(+-0.196) - 1
  EXPECT_THAT(html, HasSubstr("+0.00 % (95 %: −17.80 % to +21.65 %): no loss seen"));
}

TEST(Verdict, CallsALossALoss) {
  Json quality = quality_with(0.01, 0.001);
  quality["nll_se"] = 0.001;
  quality["ppl_b"] = 2.1;
  EXPECT_THAT(verdict(quality), HasSubstr(": a loss."));
  quality["ppl_b"] = 1.9;
  EXPECT_THAT(verdict(quality), HasSubstr(": a gain."));
}

// All of n agree: Wilson's lower end is 1 / (1 + z^2 / n).
TEST(Verdict, PerfectAgreementIsNotCertainty) {
  Json quality = quality_with(0, 0);
  quality["top1"] = 1.0;
  EXPECT_THAT(verdict(quality), HasSubstr("at least 96.3\u00A0%"));
}

TEST(Verdict, SaysWhenNothingWasMeasuredAndWhenALimitBroke) {
  for (const Json& quality : {Json(), Json::object(), Json({{"kl", nullptr}})})
    EXPECT_THAT(verdict(quality), HasSubstr("was not measured"));
  RunRecords records;
  records.finished = {{"broken_limits", {"kl <0.1>"}}};
  EXPECT_THAT(verdict_section(records, quality_with(1, 0)), HasSubstr("does not hold: kl &lt;0.1&gt;."));
}

TEST(Divergence, DrawsPositionsWithAGapWhereBinsAreMissing) {
  Json quality = quality_with(0.01, 0.001);
  quality["by_position"] = {{"answer",
                             {{{"first", 0}, {"last", 0}, {"kl", 0.02}, {"kl_se", 0.001}},
                              {{"first", 8}, {"last", 11}, {"kl", 0.04}, {"kl_se", 0.001}}}}};
  const std::string html = divergence_section({}, quality);
  EXPECT_EQ(test::fault_of(html), "");
  EXPECT_THAT(html, HasSubstr("<title>8–11\n0.04 (0.03804 to 0.04196)</title>"));
  EXPECT_THAT(html, HasSubstr("<title>…</title>"));
  EXPECT_THAT(html, Not(HasSubstr("question")));
  EXPECT_EQ(divergence_section({}, quality_with(0.01, 0)), "");
}

TEST(Divergence, DrawsHiddenErrorsByModality) {
  RunRecords records;
  records.blocks = {{{"block", "vision.0"}, {"hidden_error_text", 0.0}, {"hidden_error_vision", 0.5}},
                    {{"block", "head"}}};
  const std::string html = divergence_section(records, nullptr);
  EXPECT_THAT(html, HasSubstr("<title>vision.0\ntext 0\nvision 0.5</title>"));
  EXPECT_THAT(html, HasSubstr("<title>head</title>"));
}

TEST(Sites, HaveAMapAStackWithTheWorstOfWhatSharesACell) {
  const auto site = [](const char* name, const Json& sqnr) {
    return Json{{"site", name}, {"scheme", "w4"}, {"sqnr_db", sqnr}};
  };
  RunRecords records;
  records.sites = {site("language.0.q", 20),
                   site("language.1.q", nullptr),
                   site("language.0.experts.0.up", 15),
                   site("language.0.experts.1.up", 10),
                   site("vision.2.qkv", 12),
                   site("bridge.fc1", 3)};
  const std::string html = sites_section(records);
  EXPECT_EQ(test::fault_of(html), "");
  EXPECT_THAT(html, HasSubstr("Weight error, language"));
  EXPECT_THAT(html, HasSubstr("Weight error, vision"));
  EXPECT_THAT(html, HasSubstr("experts.*.up"));
  EXPECT_THAT(html, HasSubstr("language.0.experts.1.up\nWeight error 10.0\nw4"));
  for (const char* absent : {"experts.0.up", "language.1.q", "Output error", "bridge"})
    EXPECT_THAT(html, Not(HasSubstr(absent))) << absent;
  EXPECT_EQ(sites_section({}), "");
}

}  // namespace
}  // namespace halftone
