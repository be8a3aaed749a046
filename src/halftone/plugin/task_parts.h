// What several tasks need: answers and options of a row, scores of choices, means by group, prompts that hold
// their answer.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "halftone/plugin/task.h"
#include "halftone/text/answers/option_letter.h"

namespace halftone {

// Which harness's rules score: the rule "scorer" of the settings, "vlmevalkit" unless given. Throws
// Error(usage) for another name.
bool scores_as_lmms_eval(const TaskSettings& settings);

// The answers in a column: a list, or the cell alone. Throws Error(input) naming the row.
std::vector<std::string> row_answers(const EvalRow& row, const std::string& column);
// The options A ... Z that a row has.
Options row_options(const EvalRow& row);

RowScore graded(double value);
// Right where the letter that was found is the row's answer; nothing found counts as wrong.
RowScore choice_score(std::optional<char> found, const std::string& answer);

// 100 times the mean of the rows, then that of each group in the order of the names, each a share where
// `right_wrong`. The weights of the rows count.
NamedScore mean_score(const std::string& name, std::span<const ScoredRow> rows, bool right_wrong);
std::vector<NamedScore> mean_by_group(const std::string& name, std::span<const ScoredRow> rows,
                                      bool right_wrong);

// A row with what is to be said: its conversation, its text, or its question and first answer. Throws
// Error(input) naming the row when it has none of these.
Prompt answered_prompt(const EvalRow& row, const TaskSettings& settings);

}  // namespace halftone
