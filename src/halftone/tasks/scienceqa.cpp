// School science with pictures: up to five options and a hint; accuracy.
#include "halftone/plugin/task_parts.h"
#include "halftone/text/answers/python_text.h"

namespace halftone {
namespace {

// The letter itself, or "<letter>." and anything behind it.
RowScore strict_score(const std::string& answer, const std::string& gold) {
  const std::string text = python_strip(answer);
  RowScore score;
  score.value = is_letter_answer(text, gold) ? 1 : 0;
  score.matched = text.size() == 1 || (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] == '.');
  if (score.matched) score.extracted = text.substr(0, 1);
  return score;
}

class ScienceQa final : public Task {
 public:
  std::string name() const override { return "scienceqa"; }
  std::string summary() const override { return "school science with pictures: multiple choice"; }
  std::vector<std::string> required_columns() const override {
    return {"image", "question", "A", "B", "answer"};
  }
  std::size_t expected_rows() const override { return 2017; }

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

std::unique_ptr<Task> make_scienceqa() { return std::make_unique<ScienceQa>(); }

}  // namespace halftone
