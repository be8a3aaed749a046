// Scores with their intervals, and two models' scores on the same rows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "halftone/base/json.h"
#include "halftone/base/statistics.h"
#include "halftone/plugin/task.h"

namespace halftone {

struct ScoreLine {
  NamedScore score;
  Interval interval;  // 95 %
};

// A task's summary of its rows. Shares of right answers get Wilson's interval, others the bootstrap over units
// (RowScore::unit). Not empty.
struct ScoreTable {
  std::vector<ScoreLine> lines;
  std::string note;
};
ScoreTable score_table(const Task& task, std::span<const ScoredRow> rows);
// {"name", "value", "low", "high", "out_of", "rows", "how"}.
Json to_json(const ScoreTable& table);

struct DifferenceLine {
  std::string name;
  double value = 0;   // b less a
  Interval interval;  // 95 %, paired bootstrap over units
  std::string verdict;
};

struct PairedScores {
  ScoreTable a, b;  // on the rows that both have
  std::vector<DifferenceLine> differences;
  std::size_t rows = 0;
  // Of a task that is right or wrong: McNemar's test.
  std::optional<Discordant> discordant;
  double p = 1;
};

// Rows are paired by their index; Error(input) when none is in both.
PairedScores pair_scores(const Task& task, const std::vector<ScoredRow>& a, const std::vector<ScoredRow>& b);
// {"scores": of b, "against": {"scores": of a, "differences", "lost", "gained", "mcnemar_p"}, "rows", "note"}.
Json to_json(const PairedScores& paired);

}  // namespace halftone
