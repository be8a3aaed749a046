// The page that every run leaves.
#include <regex>

#include "tests/e2e/program.h"
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone::e2e {
namespace {

using testing::HasSubstr;

TEST(ReportPage, HoldsTheFiguresOfTheRunAndFetchesNothing) {
  const TempDirectory place;
  const std::string out = place / "out";
  const Finished run = halftone({"quantize", kModel, "-r", "gptq-w4g64", "-o", out, "--data",
                                 write_conversations(place, 20), "--images", kPictures});
  ASSERT_EQ(run.code, 0) << run.err;
  const std::string page = read_text(out + "/report.html");
  const Json quality = Json::parse(read_text(out + "/quality.json"));
  EXPECT_THAT(page, HasSubstr(fmt::format("{:.4g}", quality["kl"].get<double>())));
  for (const char* key : {"ppl_a", "ppl_b"})
    EXPECT_THAT(page, HasSubstr(fmt::format("{:.4f}", quality[key].get<double>())));
  EXPECT_THAT(page, HasSubstr("KL by position in the answer"));
  EXPECT_THAT(page, HasSubstr("language.5.down"));
  EXPECT_FALSE(std::regex_search(page, std::regex("src=|href=|url\\(|https?:|<script|@import")));
  // Asked for again, it is the same page, and the output still verifies with it inside.
  EXPECT_EQ(halftone({"report", out, "-o", place / "again.html"}).code, 0);
  EXPECT_EQ(read_text(place / "again.html"), page);
  EXPECT_EQ(halftone({"verify", out, "--against", kModel}).code, 0);
}

TEST(ReportPage, RefusesADirectoryWithoutARun) {
  expect_refusal(halftone({"report", kModel}), 3, {"run.jsonl"});
}

}  // namespace
}  // namespace halftone::e2e
