// Questions about scanned documents: likeness to the nearest answer by edit distance.
#include "halftone/plugin/task_parts.h"
#include "halftone/text/answers/edit_distance.h"

namespace halftone {
namespace {

class DocVqa final : public Task {
 public:
  std::string name() const override { return "docvqa"; }
  std::string summary() const override { return "questions about documents: ANLS"; }
  ScoreKind score_kind() const override { return ScoreKind::graded; }
  std::vector<std::string> required_columns() const override { return {"image", "question", "answer"}; }
  std::size_t expected_rows() const override { return 5349; }

  RowScore score(const EvalRow& row, const std::string& answer, const TaskSettings&) const override {
    return graded(anls(answer, row_answers(row, "answer")));
  }

  Summary summarize(std::span<const ScoredRow> rows) const override {
    return {{mean_score("ANLS", rows, false)}, ""};
  }
};

}  // namespace

std::unique_ptr<Task> make_docvqa() { return std::make_unique<DocVqa>(); }

}  // namespace halftone
