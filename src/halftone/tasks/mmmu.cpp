// College questions of thirty subjects, multiple choice and open. The headline is the validation split, where
// the file has one.
#include <algorithm>

#include "halftone/base/error.h"
#include "halftone/base/seed.h"
#include "halftone/plugin/task_parts.h"
#include "halftone/text/answers/open_answer.h"

namespace halftone {
namespace {

constexpr std::uint64_t kGuessSeed = 42;  // of the benchmark's own code
constexpr const char* kHeadline = "validation";

bool is_open(const EvalRow& row) { return row.find("A") == nullptr; }

bool is_letter(const std::string& text) { return text.size() == 1 && text[0] >= 'A' && text[0] <= 'Z'; }

// One harness makes an open question a choice between its answer and others; a list of answers stays one text.
RowScore score_as_choice(const EvalRow& row, const std::string& answer) {
  const std::string& gold = row.at("answer");
  Options options = row_options(row);
  if (is_open(row)) {
    options['A'] = gold;
    options['B'] = "Other Answers";
  }
  return choice_score(infer_option(answer, options), is_letter(gold) ? gold : "A");
}

// The benchmark's own rules. Where no letter is found it guesses; the guess depends on the row alone.
RowScore score_as_benchmark(const EvalRow& row, const std::string& answer) {
  if (is_open(row)) return graded(open_matches(answer, row_answers(row, "answer")) ? 1 : 0);
  const Options options = row_options(row);
  const auto found = parse_option(answer, options);
  if (found) return choice_score(found, row.at("answer"));
  Random random(seed_for(kGuessSeed, "guess", row.index));
  const auto guess = std::next(options.begin(), static_cast<std::ptrdiff_t>(random.below(options.size())));
  RowScore score = choice_score(guess->first, row.at("answer"));
  score.matched = false;
  return score;
}

std::string group_of(const EvalRow& row) {
  const std::string* split = row.find("split");
  const std::string* subject = row.find("category");
  return (split ? *split : "none") + (subject ? ": " + *subject : "");
}

// Rows of one split: groups are "split" or "split: subject".
std::vector<ScoredRow> rows_of(std::span<const ScoredRow> rows, const std::string& split) {
  std::vector<ScoredRow> members;
  for (const auto& row : rows) {
    if (row.score.group.substr(0, row.score.group.find(": ")) == split) members.push_back(row);
  }
  return members;
}

class Mmmu final : public Task {
 public:
  std::string name() const override { return "mmmu"; }
  std::string summary() const override { return "college questions of thirty subjects: accuracy"; }
  std::vector<std::string> required_columns() const override { return {"image", "question", "answer"}; }
  std::size_t expected_rows() const override { return 1050; }  // 150 of dev, 900 of validation

  RowScore score(const EvalRow& row, const std::string& answer, const TaskSettings& settings) const override {
    RowScore score =
        scores_as_lmms_eval(settings) ? score_as_benchmark(row, answer) : score_as_choice(row, answer);
    score.group = group_of(row);
    return score;
  }

  Summary summarize(std::span<const ScoredRow> rows) const override {
    const std::vector<ScoredRow> validation = rows_of(rows, kHeadline);
    Summary summary;
    summary.scores.push_back(validation.empty() ? mean_score("accuracy", rows, true)
                                                : mean_score(kHeadline, validation, true));
    const auto groups = mean_by_group("all", rows, true);
    summary.scores.insert(summary.scores.end(), groups.begin() + 1, groups.end());
    summary.note = "exact matching, no judge";
    return summary;
  }
};

}  // namespace

std::unique_ptr<Task> make_mmmu() { return std::make_unique<Mmmu>(); }

}  // namespace halftone
