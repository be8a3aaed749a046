// How far the hidden states of two models lie apart, on the same tokens.
#include "halftone/base/error.h"
#include "halftone/plugin/task_parts.h"

namespace halftone {
namespace {

class SiteError final : public Task {
 public:
  std::string name() const override { return "site_error"; }
  std::string summary() const override { return "error of the hidden states against a second model"; }
  TaskKind kind() const override { return TaskKind::pair; }
  ScoreKind score_kind() const override { return ScoreKind::graded; }
  std::vector<std::string> required_columns() const override { return {}; }

  Prompt prompt(const EvalRow& row, const TaskSettings& settings) const override {
    return answered_prompt(row, settings);
  }
  RowScore score(const EvalRow& row, const std::string&, const TaskSettings&) const override {
    fail(ErrorKind::internal, "{}: site_error compares two models", row.origin);
  }

  // The value of a row is its mean, the weight the number of positions.
  Summary summarize(std::span<const ScoredRow> rows) const override {
    NamedScore score = mean_score("relative error", rows, false);
    score.value /= 100;
    score.out_of = 0;
    score.higher_better = false;
    score.how = "mean squared error over mean square of the reference";
    return {{score}, "teacher forced"};
  }
};

}  // namespace

std::unique_ptr<Task> make_site_error() { return std::make_unique<SiteError>(); }

}  // namespace halftone
