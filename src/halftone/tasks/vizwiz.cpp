// Questions that blind people asked about their photographs, ten annotators each.
#include "halftone/base/error.h"
#include "halftone/plugin/task_parts.h"
#include "halftone/text/answers/vqa.h"

namespace halftone {
namespace {

class VizWiz final : public Task {
 public:
  std::string name() const override { return "vizwiz"; }
  std::string summary() const override { return "photographs by blind people: VQA accuracy"; }
  ScoreKind score_kind() const override { return ScoreKind::graded; }
  std::vector<std::string> required_columns() const override { return {"image", "question", "answers"}; }
  std::size_t expected_rows() const override { return 4319; }

  RowScore score(const EvalRow& row, const std::string& answer, const TaskSettings& settings) const override {
    const std::vector<std::string> answers = row_answers(row, "answers");
    require(answers.size() > 1, ErrorKind::input,
            "{}: a single answer, where the score compares with several annotators", row.origin);
    const VqaRules rules = scores_as_lmms_eval(settings) ? VqaRules::lmms_eval : VqaRules::vlmevalkit;
    RowScore score = graded(vqa_accuracy(answer, answers, rules));
    score.extracted = normalize_answer(answer, rules);
    return score;
  }

  Summary summarize(std::span<const ScoredRow> rows) const override {
    return {{mean_score("accuracy", rows, false)}, ""};
  }
};

}  // namespace

std::unique_ptr<Task> make_vizwiz() { return std::make_unique<VizWiz>(); }

}  // namespace halftone
