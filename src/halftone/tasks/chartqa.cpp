// Questions about charts: numbers may be off by a twentieth, other answers must be equal.
#include <algorithm>

#include "halftone/plugin/task_parts.h"
#include "halftone/text/answers/python_text.h"
#include "halftone/text/answers/relaxed.h"

namespace halftone {
namespace {

class ChartQa final : public Task {
 public:
  std::string name() const override { return "chartqa"; }
  std::string summary() const override { return "questions about charts: relaxed accuracy"; }
  std::vector<std::string> required_columns() const override { return {"image", "question", "answer"}; }
  std::size_t expected_rows() const override { return 2500; }

  RowScore score(const EvalRow& row, const std::string& answer, const TaskSettings& settings) const override {
    const std::vector<std::string> answers = row_answers(row, "answer");
    const std::string said = scores_as_lmms_eval(settings) ? answer : python_strip(answer);
    RowScore score = graded(std::any_of(answers.begin(), answers.end(),
                                        [&](const std::string& gold) { return relaxed_equal(said, gold); })
                                ? 1
                                : 0);
    if (const std::string* split = row.find("split")) score.group = *split;
    return score;
  }

  Summary summarize(std::span<const ScoredRow> rows) const override {
    return {mean_by_group("relaxed accuracy", rows, true), ""};
  }
};

}  // namespace

std::unique_ptr<Task> make_chartqa() { return std::make_unique<ChartQa>(); }

}  // namespace halftone
