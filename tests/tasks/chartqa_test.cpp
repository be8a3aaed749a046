#include "tests/scoring_fixture.h"
#include "tests/tasks/task_case.h"
#include <gtest/gtest.h>

namespace halftone {

std::unique_ptr<Task> make_chartqa();

namespace {

TEST(ChartQa, RowsAreScoredAsTheHarnessDoes) {
  const auto task = make_chartqa();
  for (const auto& c : scoring_fixture("relaxed")) {
    const EvalRow row = row_of({{"answer", text_of(c, "answer")}});
    EXPECT_EQ(task->score(row, text_of(c, "prediction"), scorer("lmms-eval")).value, c["hit"].get<bool>()) << c;
  }
}

TEST(ChartQa, OneHarnessStripsTheAnswer) {
  const EvalRow row = row_of({{"answer", "Blue"}, {"split", "human"}});
  EXPECT_EQ(make_chartqa()->score(row, " blue\n", scorer("vlmevalkit")).value, 1);
  EXPECT_EQ(make_chartqa()->score(row, " blue\n", scorer("lmms-eval")).value, 0);
  EXPECT_EQ(make_chartqa()->score(row, "blue", {}).group, "human");
}

}  // namespace
}  // namespace halftone
