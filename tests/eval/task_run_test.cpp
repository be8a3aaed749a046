#include "halftone/eval/task_run.h"

#include "tests/expect_error.h"
#include "tests/support/model_fixture.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "halftone/calib/identity.h"

namespace halftone::test {
namespace {

const std::string kExample = std::string(HALFTONE_EXAMPLES) + "/mini-qwen2vl";
const std::string kPictures = std::string(HALFTONE_GOLDENS) + "/images";

// Right if the model says anything at all; a row whose answer is "broken" cannot be scored.
struct AnyAnswer : Task {
  std::string name() const override { return "any"; }
  std::string summary() const override { return ""; }
  std::vector<std::string> required_columns() const override { return {"question"}; }
  RowScore score(const EvalRow& row, const std::string& answer, const TaskSettings&) const override {
    require(row.find("answer") == nullptr, ErrorKind::input, "{}: the answers do not parse", row.origin);
    RowScore score;
    score.value = answer.empty() ? 0 : 1;
    return score;
  }
  Summary summarize(std::span<const ScoredRow>) const override { return {}; }
};

class TaskRunTest : public testing::Test {
 protected:
  TaskRunTest() {
    settings_.max_new_tokens = 2;
    for (int i = 0; i < 5; ++i) {
      EvalRow row;
      row.index = std::to_string(10 + i);
      row.origin = "data.tsv, row " + std::to_string(i + 1);
      row.columns["question"] = "What is number " + row.index + "?";
      row.images = {{kPictures + "/scene-112.png", {}}};
      rows_.push_back({row, {}});
    }
  }

  TaskRun run(TaskRunOptions options = {}, AnswerFile* answers = nullptr) {
    std::size_t next = 0;
    options.chunk = 2;
    const auto source = [&]() -> NextRow { return next < rows_.size() ? rows_[next++] : NextRow{}; };
    const auto runner = [&]() -> ModelRunner& {
      ++loaded_;
      return runner_;
    };
    return run_task(posix_files(), AnyAnswer(), settings_, runner, source, answers, options);
  }
  static TaskRunOptions skipping() {
    TaskRunOptions options;
    options.on_bad_row = OnBadRow::skip;
    return options;
  }
  static std::vector<std::string> indices(const TaskRun& run) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < run.rows.size(); ++i) {
      EXPECT_EQ(run.rows[i].index, run.answers[i].index);
      all.push_back(run.rows[i].index);
    }
    return all;
  }

  ModelFixture model_{kExample};
  ModelRunner runner_{posix_files(), model_.checkpoint, {}};
  TaskSettings settings_;
  std::vector<NextRow> rows_;
  int loaded_ = 0;
};

TEST_F(TaskRunTest, EveryRowIsAnsweredInItsOrderUpToTheLimit) {
  std::vector<std::size_t> told;
  TaskRunOptions options;
  options.progress = [&](std::size_t rows) { told.push_back(rows); };
  EXPECT_THAT(indices(run(options)), testing::ElementsAre("10", "11", "12", "13", "14"));
  EXPECT_THAT(told, testing::ElementsAre(2, 4, 5));
  options.limit = 3;
  EXPECT_THAT(indices(run(options)), testing::ElementsAre("10", "11", "12"));
}

TEST_F(TaskRunTest, BadRowsEndTheRunOrAreCounted) {
  rows_[0].row->images[0].origin = kPictures + "/none.png";  // cannot be read
  rows_[1] = {std::nullopt, "data.tsv, row 2: no base64"};   // the file's fault
  rows_[2].row->columns["answer"] = "broken";                // cannot be scored
  rows_[3].row->index = "14";                                // the next row has it too
  const TaskRun skipped = run(skipping());
  EXPECT_THAT(indices(skipped), testing::ElementsAre("14"));
  EXPECT_THAT(skipped.bad,
              testing::ElementsAre(testing::HasSubstr("row 1: "), testing::HasSubstr("row 2: no base64"),
                                   testing::HasSubstr("row 3: the answers do not parse"),
                                   testing::HasSubstr("row 5: the index \"14\" came before")));
  const Error error = error_of([&] { run(); });
  EXPECT_THAT(error.message(), testing::HasSubstr("none.png"));
  EXPECT_THAT(error.hint(), testing::HasSubstr("--on-bad-row skip"));
  rows_.resize(2);
  expect_error(ErrorKind::input, {"any", "no row is left"}, [&] { run(skipping()); });
}

TEST_F(TaskRunTest, AKilledRunGoesOnWhereItWas) {
  const auto files = memory_files();
  const Json header = {{"task", "any"}};
  TaskRunOptions first;
  first.limit = 2;
  {
    AnswerFile answers(*files, "/a.jsonl", header);
    run(first, &answers);
  }
  {
    AnswerFile answers(*files, "/a.jsonl", header);
    const TaskRun all = run({}, &answers);
    EXPECT_EQ(all.resumed, 2u);
    EXPECT_EQ(all.rows.size(), 5u);
  }
  loaded_ = 0;
  rows_[4].row->columns["question"] = "Another question?";
  AnswerFile answers(*files, "/a.jsonl", header);
  EXPECT_EQ(run({}, &answers).resumed, 4u);  // the changed row is asked again
  EXPECT_EQ(loaded_, 1);
  loaded_ = 0;
  AnswerFile same(*files, "/a.jsonl", header);
  TaskRunOptions known;
  known.limit = 4;
  EXPECT_EQ(run(known, &same).resumed, 4u);
  EXPECT_EQ(loaded_, 0);  // nothing to ask: the model is not needed
}

TEST_F(TaskRunTest, RowsOfTheCalibrationAreRefusedUnlessToldOtherwise) {
  DataRecord record;
  record.turns = {{"user", {{"What is  number 11?", -1}}}};
  record.pictures = rows_[1].row->images;
  TaskRunOptions options;
  options.calibration =
      CalibrationRows({{"calibration_rows", {to_json(record_identity(posix_files(), record))}}}, "run.jsonl");
  expect_error(ErrorKind::input, {"row 2", "calibrated"}, [&] { run(options); });
  options.on_calibration_row = OnCalibrationRow::skip;
  const TaskRun skipped = run(options);
  EXPECT_THAT(indices(skipped), testing::ElementsAre("10", "12", "13", "14"));
  EXPECT_EQ(skipped.calibration_rows, 1u);
  options.on_calibration_row = OnCalibrationRow::keep;
  const TaskRun kept = run(options);
  EXPECT_EQ(kept.rows.size(), 5u);
  EXPECT_EQ(kept.calibration_rows, 1u);
}

}  // namespace
}  // namespace halftone::test
