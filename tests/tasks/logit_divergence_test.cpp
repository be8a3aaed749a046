#include "tests/expect_error.h"
#include "tests/tasks/task_case.h"

namespace halftone {

std::unique_ptr<Task> make_logit_divergence();

namespace {

TEST(LogitDivergence, ItNeedsASecondModelAndWeighsByPositions) {
  const auto task = make_logit_divergence();
  EXPECT_EQ(task->kind(), TaskKind::pair);
  ScoredRows rows;
  RowScore score;
  score.value = 0.5;
  score.weight = 1;
  rows.add(score);
  score.value = 0.1;
  score.weight = 3;
  rows.add(score);
  EXPECT_NEAR(rows.value(*task, "KL divergence"), (0.5 + 3 * 0.1) / 4, 1e-12);
  expect_error(ErrorKind::internal, {"two models"}, [&] { task->score(row_of({}), "x", {}); });
}

TEST(LogitDivergence, TheAnswerIsPartOfThePrompt) {
  const Prompt prompt = make_logit_divergence()->prompt(row_of({{"question", "Q?"}, {"answer", "A."}}), {});
  ASSERT_EQ(prompt.turns.size(), 2u);
  EXPECT_EQ(prompt.turns[1].content[0].text, "A.");
}

}  // namespace
}  // namespace halftone
