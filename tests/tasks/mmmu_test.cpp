#include "tests/scoring_fixture.h"
#include "tests/tasks/task_case.h"
#include <gtest/gtest.h>

namespace halftone {

std::unique_ptr<Task> make_mmmu();

namespace {

TEST(Mmmu, OneHarnessInfersTheBenchmarkParses) {
  const auto task = make_mmmu();
  for (const auto& c : scoring_fixture("option")) {
    if (!c.contains("options")) continue;
    Cells cells = {{"answer", "B"}};
    for (const auto& [letter, text] : c["options"].items()) cells[letter] = text.get<std::string>();
    const EvalRow row = row_of(cells);
    EXPECT_EQ(task->score(row, text_of(c, "answer"), scorer("vlmevalkit")).value, c["inferred"] == "B") << c;
    const RowScore parsed = task->score(row, text_of(c, "answer"), scorer("lmms-eval"));
    EXPECT_EQ(parsed.matched, !c["parsed"].is_null()) << c;
    EXPECT_TRUE(!parsed.matched || parsed.value == (c["parsed"] == "B" ? 1 : 0)) << c;
  }
}

TEST(Mmmu, GuessesAreSpreadAndDependOnTheRowAlone) {
  const auto task = make_mmmu();
  int right = 0;
  for (int i = 0; i < 4000; ++i) {
    const EvalRow row =
        row_of({{"A", "w"}, {"B", "x"}, {"C", "y"}, {"D", "z"}, {"answer", "C"}}, std::to_string(i));
    const RowScore score = task->score(row, "", scorer("lmms-eval"));
    EXPECT_FALSE(score.matched);
    EXPECT_EQ(score.value, task->score(row, "", scorer("lmms-eval")).value);
    right += static_cast<int>(score.value);
  }
  EXPECT_NEAR(right, 1000, 170);  // six deviations
}

TEST(Mmmu, OpenQuestionsAreScoredAsTheBenchmarkDoes) {
  const auto task = make_mmmu();
  for (const auto& c : scoring_fixture("open_answer")) {
    const EvalRow row = row_of({{"answer", c["answers"].dump()}});
    EXPECT_EQ(task->score(row, text_of(c, "prediction"), scorer("lmms-eval")).value, c["hit"].get<bool>()) << c;
  }
}

TEST(Mmmu, OneHarnessMakesOpenQuestionsAChoice) {
  const auto task = make_mmmu();
  EXPECT_EQ(task->score(row_of({{"answer", "42"}}), "It is 42", {}).value, 1);
  EXPECT_EQ(task->score(row_of({{"answer", "42"}}), "A", {}).value, 1);
  EXPECT_EQ(task->score(row_of({{"answer", "42"}}), "41", {}).value, 0);
  EXPECT_EQ(task->score(row_of({{"answer", "['42', '43']"}}), "42", {}).value, 0);  // the list stays one text
}

TEST(Mmmu, TheHeadlineIsTheValidationSplitIfThereIsOne) {
  const auto task = make_mmmu();
  ScoredRows rows;
  rows.add(0, "dev: Art");
  rows.add(1, "validation: Art");
  rows.add(1, "validation: Music");
  EXPECT_EQ(task->summarize(rows.rows()).scores.front().name, "validation");
  EXPECT_EQ(rows.value(*task, "validation"), 100);
  EXPECT_EQ(rows.value(*task, "dev: Art"), 0);
  ScoredRows dev;
  dev.add(0, "dev: Art");
  dev.add(1, "dev: Art");
  EXPECT_EQ(dev.value(*task, "accuracy"), 50);
}

}  // namespace
}  // namespace halftone
