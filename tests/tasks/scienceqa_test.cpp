#include "tests/expect_error.h"
#include "tests/scoring_fixture.h"
#include "tests/tasks/task_case.h"

namespace halftone {

std::unique_ptr<Task> make_scienceqa();

namespace {

TEST(ScienceQa, OneHarnessInfersTheLetter) {
  const auto task = make_scienceqa();
  for (const auto& c : scoring_fixture("option")) {
    if (!c.contains("options")) continue;
    Cells cells = {{"answer", "B"}};
    for (const auto& [letter, text] : c["options"].items()) cells[letter] = text.get<std::string>();
    const RowScore score = task->score(row_of(cells), text_of(c, "answer"), {});
    EXPECT_EQ(score.value, c["inferred"] == "B") << c;
    EXPECT_EQ(score.matched, !c["inferred"].is_null()) << c;
  }
}

TEST(ScienceQa, TheOtherWantsTheLetterOrItsDot) {
  const auto task = make_scienceqa();
  for (const auto& c : scoring_fixture("option")) {
    if (!c.contains("letter")) continue;
    const EvalRow row = row_of({{"A", "x"}, {"B", "y"}, {"answer", text_of(c, "letter")}});
    const RowScore score = task->score(row, text_of(c, "answer"), scorer("lmms-eval"));
    EXPECT_EQ(score.value, c["is_letter"].get<bool>()) << c;
    EXPECT_TRUE(score.value == 0 || score.matched) << c;
  }
}

TEST(ScienceQa, AccuracyIsGivenByCategory) {
  const auto task = make_scienceqa();
  ScoredRows rows;
  rows.add(1, "a");
  rows.add(0, "a");
  rows.add(1, "b");
  rows.add(1, "b");
  EXPECT_EQ(rows.value(*task, "accuracy"), 75);
  EXPECT_EQ(rows.value(*task, "a"), 50);
  EXPECT_EQ(rows.value(*task, "b"), 100);
  EXPECT_EQ(task->summarize(rows.rows()).note, "exact matching, no judge");
}

}  // namespace
}  // namespace halftone
