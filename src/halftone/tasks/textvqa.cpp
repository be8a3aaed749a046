// Questions about text in photographs, ten annotators each: their agreement with what was said.
#include "halftone/base/error.h"
#include "halftone/plugin/task_parts.h"
#include "halftone/text/answers/vqa.h"

namespace halftone {
namespace {

class TextVqa final : public Task {
 public:
  std::string name() const override { return "textvqa"; }
  std::string summary() const override { return "questions about text in photographs: VQA accuracy"; }
  ScoreKind score_kind() const override { return ScoreKind::graded; }
  std::vector<std::string> required_columns() const override { return {"image", "question", "answer"}; }
  std::size_t expected_rows() const override { return 5000; }

  RowScore score(const EvalRow& row, const std::string& answer, const TaskSettings& settings) const override {
    const std::vector<std::string> answers = row_answers(row, "answer");
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

std::unique_ptr<Task> make_textvqa() { return std::make_unique<TextVqa>(); }

}  // namespace halftone
