#include "halftone/plugin/task_parts.h"

#include "tests/expect_error.h"

namespace halftone {
namespace {

using testing::ElementsAre;

EvalRow row_of(const std::map<std::string, std::string>& cells) {
  EvalRow row;
  row.origin = "f, row 2";
  row.columns = cells;
  return row;
}

TEST(TaskParts, AnswersAreAListOrOne) {
  EXPECT_THAT(row_answers(row_of({{"answer", "['a', 3]"}}), "answer"), ElementsAre("a", "3"));
  EXPECT_THAT(row_answers(row_of({{"answer", "blue"}}), "answer"), ElementsAre("blue"));
  expect_error(ErrorKind::input, {"f, row 2", "\"answer\"", "not a Python list"}, [] {
    row_answers(row_of({{"answer", "[a]"}}), "answer");
  });
  expect_error(ErrorKind::input, {"f, row 2", "empty"}, [] {
    row_answers(row_of({{"answer", "[]"}}), "answer");
  });
  expect_error(ErrorKind::input, {"f, row 2", "\"answer\" is missing"},
               [] { row_answers(row_of({}), "answer"); });
}

TEST(TaskParts, OptionsAreTheCapitalColumns) {
  EXPECT_EQ(row_options(row_of({{"A", "x"}, {"F", "y"}, {"answer", "A"}, {"AB", "z"}})),
            (Options{{'A', "x"}, {'F', "y"}}));
}

TEST(TaskParts, AChoiceIsRightWhenTheLetterIs) {
  EXPECT_EQ(choice_score('B', "B").value, 1);
  EXPECT_EQ(choice_score('A', "B").value, 0);
  EXPECT_EQ(choice_score('A', "B").extracted, "A");
  EXPECT_FALSE(choice_score(std::nullopt, "B").matched);
  EXPECT_EQ(choice_score(std::nullopt, "").value, 0);
}

TEST(TaskParts, MeansAreWeightedAndGrouped) {
  std::vector<ScoredRow> rows(3);
  rows[0].score.value = 1;
  rows[0].score.group = "b";
  rows[1].score.value = 0.5;
  rows[1].score.weight = 2;
  rows[1].score.group = "a";
  const auto scores = mean_by_group("all", rows, false);
  ASSERT_EQ(scores.size(), 3u);  // the row without a group has none of its own
  EXPECT_NEAR(scores[0].value, 100 * 2.0 / 4, 1e-12);
  EXPECT_EQ(scores[1].name, "a");
  EXPECT_EQ(scores[1].value, 50);
  EXPECT_EQ(scores[2].value, 100);
  EXPECT_EQ(scores[0].rows, 3u);
}

TEST(TaskParts, ConversationsKeepAllTheirTurns) {
  EvalRow row =
      row_of({{"conversations", R"([{"from": "human", "value": "<image>\nQ?"}, {"from": "gpt", "value": "A."},
                                              {"from": "human", "value": "R?"}, {"from": "gpt", "value": "B."}])"}});
  row.images.resize(1);
  const Prompt prompt = answered_prompt(row, {});
  ASSERT_EQ(prompt.turns.size(), 4u);
  EXPECT_EQ(prompt.turns[0].content[0].picture, 0);
  EXPECT_EQ(prompt.turns[3].content[0].text, "B.");
  expect_error(ErrorKind::input, {"f, row 2", "nobody answers"}, [] {
    answered_prompt(row_of({{"conversations", R"([{"from": "human", "value": "Q?"}])"}}), {});
  });
}

}  // namespace
}  // namespace halftone
