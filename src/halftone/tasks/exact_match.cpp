// Any file with questions and answers: an answer is right if it is one of the row's answers letter by letter,
// white space at the ends aside. The strictest rule there is, for data of one's own.
#include <algorithm>
#include <map>

#include "halftone/base/error.h"
#include "halftone/calib/python_literal.h"
#include "halftone/plugin/task.h"

namespace halftone {
namespace {

std::string_view stripped(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r\v\f";
  const std::size_t first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

class ExactMatch final : public Task {
 public:
  std::string name() const override { return "exact_match"; }
  std::string summary() const override { return "any questions: the answer must be given letter by letter"; }
  std::vector<std::string> required_columns() const override { return {"question", "answer"}; }

  RowScore score(const EvalRow& row, const std::string& answer, const TaskSettings&) const override {
    const std::string* category = row.find("category");
    RowScore score;
    score.group = category ? *category : "";
    score.extracted = stripped(answer);
    score.matched = !score.extracted.empty();
    try {
      const auto golds = parse_answers(row.at("answer"));
      score.value = std::any_of(golds.begin(), golds.end(),
                                [&](const std::string& gold) { return stripped(gold) == score.extracted; });
    } catch (const Error& error) {
      fail(ErrorKind::input, "{}: the answers do not parse: {}", row.origin, error.message());
    }
    return score;
  }

  Summary summarize(std::span<const ScoredRow> rows) const override {
    std::map<std::string, std::pair<double, std::size_t>> groups;
    std::pair<double, std::size_t> all;
    for (const auto& row : rows) {
      for (auto* sum : {&all, &groups[row.score.group]}) {
        sum->first += row.score.value;
        ++sum->second;
      }
    }
    Summary summary;
    const auto add = [&](const std::string& name, const std::pair<double, std::size_t>& sum) {
      summary.scores.push_back({name, 100 * sum.first / static_cast<double>(sum.second), 100, sum.second,
                                /*proportion=*/true, /*higher_better=*/true, "right rows x 100"});
    };
    add("accuracy", all);
    if (groups.size() > 1) {
      for (const auto& [name, sum] : groups) add(name.empty() ? "no category" : name, sum);
    }
    return summary;
  }
};

}  // namespace

std::unique_ptr<Task> make_exact_match() { return std::make_unique<ExactMatch>(); }

}  // namespace halftone
