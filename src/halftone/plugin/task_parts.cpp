#include "halftone/plugin/task_parts.h"

#include <map>

#include "halftone/base/error.h"
#include "halftone/base/json.h"
#include "halftone/calib/dataset.h"
#include "halftone/calib/python_literal.h"
#include "halftone/plugin/prompt_template.h"

namespace halftone {
namespace {

// The turns of a conversation that has been read before (json_rows.h), so its parts are there.
std::vector<ChatTurn> conversation_of(const EvalRow& row, const std::string& text) {
  std::vector<ChatTurn> turns = read_turns(parse_json(text, row.origin), static_cast<int>(row.images.size()));
  bool answered = false;
  for (const auto& turn : turns) answered = answered || turn.role == "assistant";
  require(answered, ErrorKind::input, "{}: nobody answers in its conversation", row.origin);
  return turns;
}

std::string gold_of(const EvalRow& row) {
  for (const char* column : {"answer", "answers"}) {
    if (row.find(column) == nullptr) continue;
    const std::vector<std::string> answers = row_answers(row, column);
    if (!answers.front().empty()) return answers.front();
  }
  fail(ErrorKind::input, "{}: it holds no conversation, no text and no answer", row.origin);
}

}  // namespace

bool scores_as_lmms_eval(const TaskSettings& settings) {
  const std::string scorer = settings.rule("scorer", "vlmevalkit");
  require(scorer == "vlmevalkit" || scorer == "lmms-eval", ErrorKind::usage,
          "the rule \"scorer\" is \"{}\"; known are vlmevalkit and lmms-eval", scorer);
  return scorer == "lmms-eval";
}

std::vector<std::string> row_answers(const EvalRow& row, const std::string& column) {
  try {
    std::vector<std::string> answers = parse_answers(row.at(column));
    require(!answers.empty(), ErrorKind::input, "the list is empty");
    return answers;
  } catch (const Error& error) {
    if (row.find(column) == nullptr) throw;
    fail(ErrorKind::input, "{}: the answers in \"{}\" cannot be read: {}", row.origin, column, error.message());
  }
}

Options row_options(const EvalRow& row) {
  Options options;
  for (const auto& [column, text] : row.columns) {
    if (is_option(column)) options[column[0]] = text;
  }
  return options;
}

RowScore graded(double value) {
  RowScore score;
  score.value = value;
  return score;
}

RowScore choice_score(std::optional<char> found, const std::string& answer) {
  RowScore score;
  score.matched = found.has_value();
  if (found) score.extracted = std::string(1, *found);
  score.value = found && score.extracted == answer ? 1 : 0;
  return score;
}

NamedScore mean_score(const std::string& name, std::span<const ScoredRow> rows, bool right_wrong) {
  NamedScore score;
  score.name = name;
  score.rows = rows.size();
  score.proportion = right_wrong;
  score.how = right_wrong ? "right answers of a hundred" : "mean of the rows times a hundred";
  double sum = 0, weights = 0;
  for (const auto& row : rows) {
    sum += row.score.value * row.score.weight;
    weights += row.score.weight;
  }
  score.value = weights > 0 ? 100 * sum / weights : 0;
  return score;
}

std::vector<NamedScore> mean_by_group(const std::string& name, std::span<const ScoredRow> rows,
                                      bool right_wrong) {
  std::vector<NamedScore> scores = {mean_score(name, rows, right_wrong)};
  std::map<std::string, std::vector<ScoredRow>> groups;
  for (const auto& row : rows) {
    if (!row.score.group.empty()) groups[row.score.group].push_back(row);
  }
  for (const auto& [group, members] : groups) scores.push_back(mean_score(group, members, right_wrong));
  return scores;
}

Prompt answered_prompt(const EvalRow& row, const TaskSettings& settings) {
  Prompt prompt{row.index, row.origin, {}, "", row.images, settings.max_new_tokens, {}};
  if (const std::string* conversation = row.find("conversations")) {
    prompt.turns = conversation_of(row, *conversation);
  } else if (const std::string* text = row.find("text"); text != nullptr && row.find("question") == nullptr) {
    prompt.text = *text;
  } else {
    const std::string gold = gold_of(row);
    prompt = plain_prompt(row, settings);
    prompt.turns.push_back({"assistant", {{gold, -1}}});
  }
  return prompt;
}

}  // namespace halftone
