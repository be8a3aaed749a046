// Benchmark rows through the real program: the example model on its own OCR rows.
#include <fstream>

#include "tests/e2e/program.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone::e2e {
namespace {

using testing::HasSubstr;

const std::string kRows = std::string(HALFTONE_EXAMPLES) + "/ocr-mini-112.tsv";

std::vector<std::string> eval_command(const std::string& out, const std::string& data = kRows) {
  return {"eval", kModel, "-t", "exact_match", "--data", data, "-o", out, "--json"};
}

std::vector<std::string> with(std::vector<std::string> command, const std::vector<std::string>& more) {
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

std::string first_rows(const TempDirectory& place, int count,
                       const std::function<void(std::string&, int)>& edit) {
  std::ifstream in(kRows);
  std::string text, line;
  for (int i = 0; i <= count && std::getline(in, line); ++i) {
    edit(line, i);
    text += line + "\n";
  }
  write_text(place / "rows.tsv", text);
  return place / "rows.tsv";
}

TEST(Eval, ScoresRowsAndGoesOnWhereItWas) {
  const TempDirectory place;
  const Finished four = halftone(with(eval_command(place / "a"), {"--limit", "4"}));
  ASSERT_EQ(four.code, 0) << four.err;
  const Json first = Json::parse(four.out)["evaluations"][0];
  EXPECT_EQ(first["rows"], 4);
  EXPECT_EQ(first["resumed"], 0);
  const Finished eight = halftone(with(eval_command(place / "a"), {"--limit", "8"}));
  ASSERT_EQ(eight.code, 0) << eight.err;
  const Json second = Json::parse(eight.out)["evaluations"][0];
  EXPECT_EQ(second["rows"], 8);
  EXPECT_EQ(second["resumed"], 4);
  const Finished whole = halftone(with(eval_command(place / "b"), {"--limit", "8", "--batch", "3"}));
  EXPECT_EQ(Json::parse(whole.out)["evaluations"][0]["scores"], second["scores"]);
}

TEST(Eval, ComparesPairedAndFeedsTheReport) {
  const TempDirectory place;
  const std::string out = place / "out";
  ASSERT_EQ(halftone({"quantize", kModel, "-r", "rtn-w3g128", "-o", out}).code, 0);
  const Finished compared =
      halftone({"compare", kModel, out, "-t", "exact_match", "--data", kRows, "--limit", "40", "--json"});
  ASSERT_EQ(compared.code, 0) << compared.err;
  const Json entry = Json::parse(compared.out)["evaluations"][0];
  EXPECT_EQ(entry["rows"], 40);
  EXPECT_THAT(entry["against"]["differences"][0]["verdict"].get<std::string>(), HasSubstr("interval"));
  EXPECT_EQ(halftone({"report", out}).code, 0);
  EXPECT_THAT(read_text(out + "/report.html"), HasSubstr("exact_match"));
  EXPECT_EQ(halftone({"verify", out}).code, 0);
}

TEST(Eval, BadRowsAreOneSentenceEachWithTheirNumber) {
  const TempDirectory place;
  const auto refuse = [&](const char* piece, const std::function<void(std::string&, int)>& edit) {
    expect_refusal(halftone(eval_command(place / "bad", first_rows(place, 4, edit))), 3, {piece});
  };
  refuse("answer", [](std::string& line, int i) {
    if (i == 0) line.replace(line.find("answer"), 6, "reply ");
  });
  refuse("2", [](std::string& line, int i) {  // a picture that is none
    if (i == 2) line.replace(line.find('\t') + 1, 40, std::string(40, '!'));
  });
  const std::string twice = first_rows(place, 4, [](std::string& line, int i) {
    if (i == 3) line = "1" + line.substr(line.find('\t'));
    if (i == 2) line = "1" + line.substr(line.find('\t'));
  });
  expect_refusal(halftone(eval_command(place / "twice", twice)), 3, {"1"});
  const Finished skipped = halftone(with(eval_command(place / "skip", twice), {"--on-bad-row", "skip"}));
  ASSERT_EQ(skipped.code, 0) << skipped.err;
  EXPECT_EQ(Json::parse(skipped.out)["evaluations"][0]["bad_rows"], 1);
}

}  // namespace
}  // namespace halftone::e2e
