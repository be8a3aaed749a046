#include "tests/expect_error.h"
#include "tests/scoring_fixture.h"
#include "tests/tasks/task_case.h"

namespace halftone {

std::unique_ptr<Task> make_vizwiz();

namespace {

TEST(VizWiz, RowsAreScoredAsTheHarnessesDo) {
  const auto task = make_vizwiz();
  ScoredRows rows;
  double sum = 0;
  for (const auto& c : scoring_fixture("vqa")) {
    if (!c.contains("prediction")) continue;
    const EvalRow row = row_of({{"answers", c["answers"].dump()}});
    const RowScore score = task->score(row, text_of(c, "prediction"), scorer(text_of(c, "rule")));
    EXPECT_NEAR(score.value, c["score"].get<double>(), 1e-12) << c;
    rows.add(score);
    sum += c["score"].get<double>();
  }
  EXPECT_NEAR(rows.value(*task, "accuracy"), 100 * sum / static_cast<double>(rows.rows().size()), 1e-9);
}

TEST(VizWiz, ASingleAnnotatorIsRefused) {
  const auto task = make_vizwiz();
  expect_error(ErrorKind::input, {"t.tsv, row 1", "annotators"}, [&] {
    task->score(row_of({{"answers", "['a']"}}), "a", {});
  });
}

}  // namespace
}  // namespace halftone
