// One task over the rows of its data: prompts, answers, scores.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "halftone/calib/eval_row.h"
#include "halftone/calib/identity.h"
#include "halftone/eval/answer_file.h"
#include "halftone/eval/runner.h"
#include "halftone/plugin/task.h"

namespace halftone {

// A row; or what is wrong with the one that stood there; or, with neither, the end.
struct NextRow {
  std::optional<EvalRow> row;
  std::string fault;  // one sentence with the row's number
};
using RowSource = std::function<NextRow()>;

enum class OnBadRow { fail, skip };
enum class OnCalibrationRow { fail, skip, keep };

struct TaskRunOptions {
  std::size_t limit = 0;   // rows; 0: all
  std::size_t chunk = 64;  // rows that are read and run together
  OnBadRow on_bad_row = OnBadRow::fail;
  CalibrationRows calibration;
  OnCalibrationRow on_calibration_row = OnCalibrationRow::fail;
  std::function<void()> check;
  std::function<void(std::size_t rows)> progress;  // rows done so far
};

struct TaskRun {
  std::vector<ScoredRow> rows;       // in file order
  std::vector<RowAnswer> answers;    // parallel
  std::vector<std::string> bad;      // rows that could not be used, one sentence each
  std::size_t resumed = 0;           // rows whose answer an earlier run gave
  std::size_t calibration_rows = 0;  // that were left out, or kept
};

// `runner` is called when the first row has to be run. `answers` may be null: nothing is kept. Rows whose index
// came before are bad. Throws Error(input) at the first bad row or row of the calibration unless told
// otherwise, and when no row is left.
TaskRun run_task(FileSystem& files, const Task& task, const TaskSettings& settings,
                 const std::function<ModelRunner&()>& runner, const RowSource& source, AnswerFile* answers,
                 const TaskRunOptions& options);

}  // namespace halftone
