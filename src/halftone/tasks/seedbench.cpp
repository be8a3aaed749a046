// Multiple choice about pictures: four options; accuracy by category.
#include "halftone/plugin/task_parts.h"
#include "halftone/text/answers/python_text.h"

namespace halftone {
namespace {

// The first character is the letter, in either case.
RowScore strict_score(const std::string& answer, const std::string& gold) {
  RowScore score;
  score.extracted = first_letter(answer);
  score.matched = !score.extracted.empty();
  score.value = python_lower(score.extracted) == python_lower(python_strip(gold)) ? 1 : 0;
  return score;
}

class SeedBench final : public Task {
 public:
  std::string name() const override { return "seedbench"; }
  std::string summary() const override { return "multiple choice about pictures: accuracy by category"; }
  std::vector<std::string> required_columns() const override {
    return {"image", "question", "A", "B", "answer"};
  }
  std::size_t expected_rows() const override { return 14232; }

  RowScore score(const EvalRow& row, const std::string& answer, const TaskSettings& settings) const override {
    const std::string& gold = row.at("answer");
    RowScore score = scores_as_lmms_eval(settings) ? strict_score(answer, gold)
                                                   : choice_score(infer_option(answer, row_options(row)), gold);
    if (const std::string* category = row.find("category")) score.group = *category;
    return score;
  }

  Summary summarize(std::span<const ScoredRow> rows) const override {
    return {mean_by_group("accuracy", rows, true), "exact matching, no judge"};
  }
};

}  // namespace

std::unique_ptr<Task> make_seedbench() { return std::make_unique<SeedBench>(); }

}  // namespace halftone
