// Text in pictures: a thousand questions in ten categories; right where an answer occurs in what was said.
#include <algorithm>
#include <array>
#include <map>

#include "halftone/base/error.h"
#include "halftone/plugin/task_parts.h"
#include "halftone/text/answers/contained.h"

namespace halftone {
namespace {

constexpr const char* kFormulas = "Handwritten Mathematical Expression Recognition";

// The five groups that the benchmark prints; all recognition of words and digits is one.
struct Category {
  const char *name, *group;
};
constexpr std::array<Category, 10> kCategories = {{{"Regular Text Recognition", "Text Recognition"},
                                                   {"Irregular Text Recognition", "Text Recognition"},
                                                   {"Artistic Text Recognition", "Text Recognition"},
                                                   {"Handwriting Recognition", "Text Recognition"},
                                                   {"Digit String Recognition", "Text Recognition"},
                                                   {"Non-Semantic Text Recognition", "Text Recognition"},
                                                   {"Scene Text-centric VQA", "Scene Text-centric VQA"},
                                                   {"Doc-oriented VQA", "Doc-oriented VQA"},
                                                   {"Key Information Extraction", "Key Information Extraction"},
                                                   {kFormulas, kFormulas}}};
constexpr std::array kGroups = {"Text Recognition", "Scene Text-centric VQA", "Doc-oriented VQA",
                                "Key Information Extraction", kFormulas};

const char* group_of(const EvalRow& row, const std::string& category) {
  const auto found = std::find_if(kCategories.begin(), kCategories.end(),
                                  [&](const Category& known) { return known.name == category; });
  require(found != kCategories.end(), ErrorKind::input,
          "{}: the category \"{}\" is none of the benchmark's ten", row.origin, category);
  return found->group;
}

// Right answers, as the benchmark counts them.
NamedScore hits(const std::string& name, std::span<const ScoredRow> rows, const std::string& group) {
  NamedScore score;
  score.name = name;
  score.proportion = true;
  score.how = "right answers";
  for (const auto& row : rows) {
    if (!group.empty() && row.score.group != group) continue;
    score.value += row.score.value;
    ++score.rows;
  }
  score.out_of = static_cast<double>(score.rows);
  return score;
}

class OcrBench final : public Task {
 public:
  std::string name() const override { return "ocrbench"; }
  std::string summary() const override { return "text in pictures: five groups, a thousand questions"; }
  std::vector<std::string> required_columns() const override {
    return {"image", "question", "answer", "category"};
  }
  std::size_t expected_rows() const override { return 1000; }

  RowScore score(const EvalRow& row, const std::string& answer, const TaskSettings& settings) const override {
    const std::vector<std::string> answers = row_answers(row, "answer");
    // An empty one occurs in everything.
    require(std::find(answers.begin(), answers.end(), "") == answers.end(), ErrorKind::input,
            "{}: one of its answers is empty", row.origin);
    const std::string& category = row.at("category");
    const ContainedRule rule{category == kFormulas, scores_as_lmms_eval(settings)};
    RowScore score = graded(contains_answer(answer, answers, rule) ? 1 : 0);
    score.group = group_of(row, category);
    return score;
  }

  Summary summarize(std::span<const ScoredRow> rows) const override {
    Summary summary;
    summary.scores.push_back(hits("Final", rows, ""));
    for (const char* group : kGroups) {
      const NamedScore score = hits(group, rows, group);
      if (score.rows > 0) summary.scores.push_back(score);
    }
    return summary;
  }
};

}  // namespace

std::unique_ptr<Task> make_ocrbench() { return std::make_unique<OcrBench>(); }

}  // namespace halftone
