#include "tests/expect_error.h"
#include "tests/scoring_fixture.h"
#include "tests/tasks/task_case.h"

namespace halftone {

std::unique_ptr<Task> make_mme();

namespace {

Cells cells_of(const Json& row) {
  return {{"category", text_of(row, "category")},
          {"image_path", text_of(row, "image_path")},
          {"answer", text_of(row, "answer")}};
}

TEST(Mme, ScoresAndSumsAreThoseOfTheHarnesses) {
  const auto task = make_mme();
  for (const auto& c : scoring_fixture("mme")) {
    ScoredRows rows;
    for (const auto& row : c["rows"]) {
      rows.add(task->score(row_of(cells_of(row)), text_of(row, "prediction"), scorer(text_of(c, "rule"))));
      EXPECT_EQ(rows.rows().back().score.value, row["score"].get<double>()) << row;
    }
    double all = 0;
    for (const auto& [name, sum] : c["sums"].items()) {
      EXPECT_NEAR(rows.value(*task, name), sum.get<double>(), 1e-9) << name;
      if (name == "perception" || name == "cognition") all += sum.get<double>();
    }
    EXPECT_NEAR(rows.value(*task, "MME"), all, 1e-9);
  }
}

ScoredRow answered(const std::string& index, const std::string& picture, double value) {
  RowScore score;
  score.value = value;
  score.group = "count";
  score.unit = picture;
  return {index, score};
}

double count_of(const std::vector<ScoredRow>& rows) {
  for (const auto& score : make_mme()->summarize(rows).scores) {
    if (score.name == "count") return score.value;
  }
  return -1;
}

// acc 3/4, acc+ 1/2.
TEST(Mme, APictureCountsWhenBothQuestionsAreRight) {
  EXPECT_NEAR(
      count_of({answered("0", "a", 1), answered("1", "a", 1), answered("2", "b", 1), answered("3", "b", 0)}),
      125, 1e-9);
}

// A bootstrap draws pictures several times: a has three quarters of the rows.
TEST(Mme, PicturesDrawnAgainCountAgain) {
  std::vector<ScoredRow> rows;
  for (int i = 0; i < 3; ++i) rows.insert(rows.end(), {answered("0", "a", 1), answered("1", "a", 1)});
  rows.insert(rows.end(), {answered("2", "b", 1), answered("3", "b", 0)});
  EXPECT_NEAR(count_of(rows), 100.0 * 7 / 8 + 75, 1e-9);
}

TEST(Mme, APictureWithoutItsSecondQuestionIsLeftOutOfThePairsAndTold) {
  const std::vector<ScoredRow> rows = {answered("0", "a", 1), answered("1", "a", 1), answered("2", "b", 0),
                                       answered("2", "b", 0)};
  EXPECT_NEAR(count_of(rows), 50 + 100, 1e-9);
  EXPECT_THAT(make_mme()->summarize(rows).note, testing::HasSubstr("1 pictures"));
}

TEST(Mme, RowsThatCannotBeScoredAreNamed) {
  const auto score = [](const Cells& cells) { make_mme()->score(row_of(cells), "yes", {}); };
  expect_error(ErrorKind::input, {"row 1", "\"maybe\""}, [&] {
    score({{"category", "count"}, {"answer", "maybe"}, {"image_path", "a"}});
  });
  expect_error(ErrorKind::input, {"row 1", "\"cats\""}, [&] {
    score({{"category", "cats"}, {"answer", "Yes"}, {"image_path", "a"}});
  });
  expect_error(ErrorKind::input, {"row 1", "which picture"}, [&] {
    score({{"category", "count"}, {"answer", "Yes"}});
  });
}

}  // namespace
}  // namespace halftone
