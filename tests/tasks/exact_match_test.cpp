#include "tests/expect_error.h"
#include "tests/tasks/task_case.h"

namespace halftone {

std::unique_ptr<Task> make_exact_match();

namespace {

TEST(ExactMatch, AnAnswerIsGivenLetterByLetter) {
  const auto task = make_exact_match();
  const auto value = [&](const std::string& said) {
    return task->score(row_of({{"answer", "['F7 AN', 'x']"}}), said, {}).value;
  };
  EXPECT_EQ(value(" F7 AN\n"), 1);
  EXPECT_EQ(value("x"), 1);
  EXPECT_EQ(value("f7 an"), 0);
  EXPECT_EQ(value("It is x"), 0);
  EXPECT_EQ(value(""), 0);
}

TEST(ExactMatch, AccuracyIsGivenByCategory) {
  const auto task = make_exact_match();
  ScoredRows rows;
  rows.add(1, "a");
  rows.add(0, "a");
  rows.add(1, "b");
  rows.add(1);
  EXPECT_EQ(rows.value(*task, "accuracy"), 75);
  EXPECT_EQ(rows.value(*task, "a"), 50);
  EXPECT_EQ(rows.value(*task, "no category"), 100);
}

TEST(ExactMatch, AnswersThatDoNotParseAreNamed) {
  expect_error(ErrorKind::input, {"row 1", "do not parse"}, [] {
    make_exact_match()->score(row_of({{"answer", "['a'"}}), "a", {});
  });
}

}  // namespace
}  // namespace halftone
