#include <cmath>

#include "tests/expect_error.h"
#include "tests/tasks/task_case.h"

namespace halftone {

std::unique_ptr<Task> make_perplexity();

namespace {

// Two rows of 2 and 6 tokens: exp((2 * 1 + 6 * 3) / 8).
TEST(Perplexity, TokensCountNotRows) {
  const auto task = make_perplexity();
  ScoredRows rows;
  rows.add(task->score_likelihood(row_of({}), {2, 2, ""}, {}));
  rows.add(task->score_likelihood(row_of({}), {18, 6, ""}, {}));
  EXPECT_NEAR(rows.value(*task, "perplexity"), std::exp(20.0 / 8), 1e-12);
  EXPECT_FALSE(task->summarize(rows.rows()).scores.front().higher_better);
}

TEST(Perplexity, TheAnswerIsPartOfThePrompt) {
  const Prompt prompt =
      make_perplexity()->prompt(row_of({{"question", "Q?"}, {"answer", "['first', 'second']"}}), {});
  ASSERT_EQ(prompt.turns.size(), 2u);
  EXPECT_EQ(prompt.turns[1].role, "assistant");
  EXPECT_EQ(prompt.turns[1].content[0].text, "first");
  EXPECT_EQ(make_perplexity()->prompt(row_of({{"text", "Prose."}}), {}).text, "Prose.");
}

TEST(Perplexity, ItScoresNoTexts) {
  expect_error(ErrorKind::internal, {"row 1"}, [] { make_perplexity()->score(row_of({}), "x", {}); });
  expect_error(ErrorKind::input, {"row 1", "no answer"}, [] {
    make_perplexity()->prompt(row_of({{"question", "Q?"}}), {});
  });
}

}  // namespace
}  // namespace halftone
