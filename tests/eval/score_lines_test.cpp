#include "halftone/eval/score_lines.h"

#include "tests/expect_error.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

// The mean of the rows' values as a share, the same as a number without a law, and the share of a group "g"
// that a draw may lack.
struct MeanTask : Task {
  std::string name() const override { return "mean"; }
  std::string summary() const override { return ""; }
  std::vector<std::string> required_columns() const override { return {}; }
  RowScore score(const EvalRow&, const std::string&, const TaskSettings&) const override { return {}; }
  Summary summarize(std::span<const ScoredRow> rows) const override {
    double sum = 0, group = 0, members = 0;
    for (const auto& row : rows) {
      sum += row.score.value;
      if (row.score.group == "g") group += row.score.value, ++members;
    }
    const double mean = 100 * sum / static_cast<double>(rows.size());
    Summary s{{{"share", mean, 100, rows.size(), true, true, ""},
               {"graded", mean, 100, rows.size(), false, true, ""}},
              "a note"};
    if (members > 0) s.scores.push_back({"group", 100 * group / members, 100, 1, false, true, ""});
    return s;
  }
};

std::vector<ScoredRow> rows(const std::vector<double>& values, const std::string& unit = "") {
  std::vector<ScoredRow> out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    ScoredRow row{std::to_string(i), {}};
    row.score.value = values[i];
    row.score.unit = unit;
    out.push_back(row);
  }
  return out;
}

std::vector<double> mixed(std::size_t ones, std::size_t zeros) {
  std::vector<double> values(ones, 1.0);
  values.resize(ones + zeros, 0.0);
  return values;
}

TEST(ScoreTableTest, SharesGetWilsonsIntervalOthersTheBootstrap) {
  const ScoreTable table = score_table(MeanTask(), rows(mixed(30, 70)));
  ASSERT_EQ(table.lines.size(), 2u);
  EXPECT_EQ(table.note, "a note");
  const Interval wilson = wilson_interval(30, 100);
  EXPECT_DOUBLE_EQ(table.lines[0].interval.low, 100 * wilson.low);
  EXPECT_DOUBLE_EQ(table.lines[0].interval.high, 100 * wilson.high);
  // The bootstrap of a mean of 0.3 over 100 rows: 1.96 * sqrt(0.3 * 0.7 / 100) = 9.0 points to either side.
  EXPECT_NEAR(table.lines[1].interval.low, 30 - 9.0, 1.1);
  EXPECT_NEAR(table.lines[1].interval.high, 30 + 9.0, 1.1);
}

TEST(ScoreTableTest, RowsOfAUnitAreDrawnTogether) {
  // One unit: every draw is the whole, so the interval has no width.
  const ScoreTable one = score_table(MeanTask(), rows(mixed(30, 70), "picture"));
  EXPECT_DOUBLE_EQ(one.lines[1].interval.low, 30);
  EXPECT_DOUBLE_EQ(one.lines[1].interval.high, 30);
  // Pairs of equal rows count as one row each: the interval is that of half as many.
  std::vector<ScoredRow> pairs = rows(mixed(100, 100));
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i].score.unit = "pair " + std::to_string(i / 2);
  const Interval paired = score_table(MeanTask(), pairs).lines[1].interval;
  EXPECT_NEAR(paired.high - paired.low, 2 * 1.96 * 5.0, 2.0);
}

TEST(ScoreTableTest, AGroupThatADrawLacksKeepsItsValue) {
  std::vector<ScoredRow> few = rows(mixed(1, 3));
  few[0].score.group = "g";
  const ScoreTable table = score_table(MeanTask(), few);
  ASSERT_EQ(table.lines.size(), 3u);
  EXPECT_EQ(table.lines[2].interval.low, 100);
  EXPECT_EQ(table.lines[2].interval.high, 100);
}

TEST(PairScores, TheSameRowsArePairedByIndex) {
  std::vector<ScoredRow> a = rows(mixed(60, 40)), b = rows(mixed(50, 50));
  std::reverse(b.begin(), b.end());
  b.push_back({"of b alone", {}});
  const PairedScores paired = pair_scores(MeanTask(), a, b);
  EXPECT_EQ(paired.rows, 100u);
  EXPECT_DOUBLE_EQ(paired.a.lines[0].score.value, 60);
  EXPECT_DOUBLE_EQ(paired.b.lines[0].score.value, 50);
  ASSERT_TRUE(paired.discordant.has_value());
  EXPECT_EQ(paired.discordant->lost, 10u);
  EXPECT_EQ(paired.discordant->gained, 0u);
  EXPECT_NEAR(paired.p, 2.0 / 1024, 1e-12);  // ten coins that fall alike
  ASSERT_EQ(paired.differences.size(), 2u);
  EXPECT_DOUBLE_EQ(paired.differences[0].value, -10);
  EXPECT_LT(paired.differences[0].interval.high, 0);
  EXPECT_GT(paired.differences[0].interval.low, -18);
  EXPECT_EQ(paired.differences[0].verdict.substr(0, 5), "loss:");
  const Json json = to_json(paired);
  EXPECT_EQ(json["scores"][0]["value"], 50);
  EXPECT_EQ(json["against"]["scores"][0]["value"], 60);
  EXPECT_EQ(json["against"]["lost"], 10);
}

TEST(PairScores, OneModelAgainstItselfLosesNothing) {
  const std::vector<ScoredRow> a = rows(mixed(60, 40));
  const PairedScores paired = pair_scores(MeanTask(), a, a);
  EXPECT_EQ(paired.p, 1);
  EXPECT_EQ(paired.differences[0].interval.low, 0);
  EXPECT_EQ(paired.differences[0].verdict.substr(0, 12), "no loss seen");
  expect_error(ErrorKind::input, {"mean"}, [&] { pair_scores(MeanTask(), a, {{"other", {}}}); });
}

}  // namespace
}  // namespace halftone
