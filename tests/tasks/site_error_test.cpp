#include "tests/expect_error.h"
#include "tests/tasks/task_case.h"

namespace halftone {

std::unique_ptr<Task> make_site_error();

namespace {

TEST(SiteError, ItNeedsASecondModelAndWeighsByPositions) {
  const auto task = make_site_error();
  EXPECT_EQ(task->kind(), TaskKind::pair);
  ScoredRows rows;
  RowScore score;
  score.value = 0.5;
  score.weight = 1;
  rows.add(score);
  score.value = 0.1;
  score.weight = 3;
  rows.add(score);
  EXPECT_NEAR(rows.value(*task, "relative error"), (0.5 + 3 * 0.1) / 4, 1e-12);
  expect_error(ErrorKind::internal, {"two models"}, [&] { task->score(row_of({}), "x", {}); });
}

TEST(SiteError, TheAnswerIsPartOfThePrompt) {
  const Prompt prompt = make_site_error()->prompt(row_of({{"question", "Q?"}, {"answer", "A."}}), {});
  ASSERT_EQ(prompt.turns.size(), 2u);
  EXPECT_EQ(prompt.turns[1].content[0].text, "A.");
}

}  // namespace
}  // namespace halftone
