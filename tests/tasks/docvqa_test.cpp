#include "tests/scoring_fixture.h"
#include "tests/tasks/task_case.h"
#include <gtest/gtest.h>

namespace halftone {

std::unique_ptr<Task> make_docvqa();

namespace {

TEST(DocVqa, RowsAreScoredAsTheHarnessesDo) {
  const auto task = make_docvqa();
  ScoredRows rows;
  double sum = 0;
  for (const auto& c : scoring_fixture("anls")) {
    rows.add(task->score(row_of({{"answer", c["answers"].dump()}}), text_of(c, "prediction"), {}));
    EXPECT_NEAR(rows.rows().back().score.value, c["score"].get<double>(), 1e-12) << c;
    sum += c["score"].get<double>();
  }
  EXPECT_NEAR(rows.value(*task, "ANLS"), 100 * sum / static_cast<double>(rows.rows().size()), 1e-9);
}

TEST(DocVqa, ACellWithoutAListIsOneAnswer) {
  EXPECT_EQ(make_docvqa()->score(row_of({{"answer", "Total"}}), "total", {}).value, 1);
}

}  // namespace
}  // namespace halftone
