// How surprised a model is by the answers of a file: exp of the mean -log p of their tokens.
#include <cmath>

#include "halftone/base/error.h"
#include "halftone/plugin/task_parts.h"

namespace halftone {
namespace {

class Perplexity final : public Task {
 public:
  std::string name() const override { return "perplexity"; }
  std::string summary() const override { return "perplexity of the answers, or of plain texts"; }
  TaskKind kind() const override { return TaskKind::likelihood; }
  ScoreKind score_kind() const override { return ScoreKind::graded; }
  std::vector<std::string> required_columns() const override { return {}; }

  Prompt prompt(const EvalRow& row, const TaskSettings& settings) const override {
    return answered_prompt(row, settings);
  }
  RowScore score(const EvalRow& row, const std::string&, const TaskSettings&) const override {
    fail(ErrorKind::internal, "{}: perplexity scores no text", row.origin);
  }

  Summary summarize(std::span<const ScoredRow> rows) const override {
    const NamedScore mean = mean_score("", rows, false);  // a hundred times nats a token
    NamedScore score;
    score.name = "perplexity";
    score.value = std::exp(mean.value / 100);
    score.out_of = 0;
    score.rows = rows.size();
    score.higher_better = false;
    score.how = "exp of the mean -log p over all tokens";
    return {{score}, "teacher forced on the file's answers; prompts are as the model's template writes them"};
  }
};

}  // namespace

std::unique_ptr<Task> make_perplexity() { return std::make_unique<Perplexity>(); }

}  // namespace halftone
