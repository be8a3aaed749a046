// Rows made by hand, and a task over them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "halftone/plugin/task.h"

namespace halftone {

using Cells = std::map<std::string, std::string>;

inline EvalRow row_of(const Cells& cells, const std::string& index = "0") {
  EvalRow row;
  row.index = index;
  row.line = 1;
  row.origin = "t.tsv, row 1";
  row.columns = cells;
  return row;
}

inline TaskSettings scorer(const std::string& name) {
  TaskSettings settings;
  settings.rules["scorer"] = name;
  return settings;
}

// One score a row, under an index of its own.
class ScoredRows {
 public:
  void add(const RowScore& score) { rows_.push_back({std::to_string(rows_.size()), score}); }
  void add(double value, const std::string& group = "") {
    RowScore score;
    score.value = value;
    score.group = group;
    add(score);
  }
  const std::vector<ScoredRow>& rows() const { return rows_; }
  // The number of this name in the task's summary; -1 when there is none.
  double value(const Task& task, const std::string& name) const {
    for (const auto& score : task.summarize(rows_).scores) {
      if (score.name == name) return score.value;
    }
    return -1;
  }

 private:
  std::vector<ScoredRow> rows_;
};

}  // namespace halftone
