// How far the next-token distributions of two models lie apart, on the same tokens.
#include "halftone/base/error.h"
#include "halftone/plugin/task_parts.h"

namespace halftone {
namespace {

class LogitDivergence final : public Task {
 public:
  std::string name() const override { return "logit_divergence"; }
  std::string summary() const override { return "KL divergence from a second model, on the same tokens"; }
  TaskKind kind() const override { return TaskKind::pair; }
  ScoreKind score_kind() const override { return ScoreKind::graded; }
  std::vector<std::string> required_columns() const override { return {}; }

  Prompt prompt(const EvalRow& row, const TaskSettings& settings) const override {
    return answered_prompt(row, settings);
  }
  RowScore score(const EvalRow& row, const std::string&, const TaskSettings&) const override {
    fail(ErrorKind::internal, "{}: logit_divergence compares two models", row.origin);
  }

  // The value of a row is its mean, the weight the number of positions.
  Summary summarize(std::span<const ScoredRow> rows) const override {
    NamedScore score = mean_score("KL divergence", rows, false);
    score.value /= 100;
    score.out_of = 0;
    score.higher_better = false;
    score.how = "mean over the positions that predict text, nats";
    return {{score}, "teacher forced"};
  }
};

}  // namespace

std::unique_ptr<Task> make_logit_divergence() { return std::make_unique<LogitDivergence>(); }

}  // namespace halftone
