// Socket 4: a task. It writes the prompt of a row, scores what a model answered, and sums the scores up; it
// knows no model, no file and no other task. What a harness sets per task and model is data: TaskSettings, out
// of profiles/*.json.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "halftone/calib/eval_row.h"
#include "halftone/calib/sample.h"
#include "halftone/text/chat.h"

namespace halftone {

// What one profile says about one task and one model. Fields that a profile leaves out keep these values.
struct TaskSettings {
  std::string profile;  // "vlmevalkit", "lmms-eval"
  // Templates for fill_template() (prompt_template.h); the second for rows without options, the third where
  // question or options hold Chinese characters. An empty second or third: as the first.
  std::string prompt = "{question}", prompt_open, prompt_cjk;
  std::int64_t max_new_tokens = 128;
  std::vector<std::string> until;  // an answer is cut before the first of these texts
  // Limits on pictures, where the profile sets them.
  std::optional<std::int64_t> min_pixels, max_pixels, max_tiles;
  // Choices among scoring rules, by name: {"normalizer": "lmms-eval"}. A task documents what it reads.
  std::map<std::string, std::string> rules;

  // rules[name], or `fallback`.
  std::string rule(const std::string& name, const std::string& fallback) const;
};

// What a model is asked. A likelihood task's turns hold the assistant's words too.
struct Prompt {
  std::string id, origin;  // of the row
  std::vector<ChatTurn> turns;
  std::string text;  // plain text, when there are no turns
  std::vector<PictureRef> pictures;
  std::int64_t max_new_tokens = 128;
  std::vector<std::string> until;
};

enum class Finish { stop, length };

// What came back. `error` is one sentence when the row could not be run (a picture that does not decode, a
// prompt longer than the model); the rest is empty then.
struct Answer {
  std::string text;               // without special tokens, cut at `until`, white space at its ends kept
  std::vector<std::int64_t> ids;  // as generated, the stop token not included
  std::int64_t prompt_tokens = 0;
  Finish finish = Finish::stop;
  std::string error;
};

// Of the tokens a model is to say (answer tokens; every token but the first of a plain text).
struct Likelihood {
  double nll = 0;           // -log p, nats, summed in float64
  std::int64_t tokens = 0;  // that were summed over
  std::string error;        // as Answer::error
};

// How a row did.
struct RowScore {
  double value = 0;   // 1 right, 0 wrong; graded: in [0, 1]; likelihood: mean -log p of a token
  double weight = 1;  // likelihood: number of tokens
  std::string group;  // what the summary groups by: a category, a split
  std::string unit;   // rows of one unit are resampled together (the two questions of a picture); empty: alone
  std::string extracted;  // what the rule understood: "B", "yes"; empty: nothing to extract, or not found
  bool matched = true;    // false: the rule found no answer in the text (or guessed)
};

struct ScoredRow {
  std::string index;
  RowScore score;
};

// One number of a summary.
struct NamedScore {
  std::string name;      // "Final", "accuracy", "perception", "Text Recognition"
  double value = 0;      // as the benchmark prints it
  double out_of = 100;   // its largest value; 0: unbounded (perplexity)
  std::size_t rows = 0;  // it was made from
  bool proportion =
      false;  // value / out_of is the share of right answers among `rows`: Wilson's interval holds
  bool higher_better = true;  // false: perplexity
  std::string how;            // one line: "sum over groups", "mean of exact matches x 100"
};

struct Summary {
  std::vector<NamedScore> scores;  // the headline first
  std::string note;                // "exact matching, no judge", or empty
};

enum class TaskKind {
  generation,  // score() reads a text
  likelihood,  // score_likelihood() reads -log p of the row's own answer
  pair,        // needs a second model beside: run by `compare` alone
};

enum class ScoreKind { right_wrong, graded };

class Task {
 public:
  virtual ~Task() = default;
  virtual std::string name() const = 0;  // "ocrbench": what -t takes and profiles are keyed by
  virtual std::string summary() const = 0;
  virtual TaskKind kind() const { return TaskKind::generation; }
  virtual ScoreKind score_kind() const { return ScoreKind::right_wrong; }
  // Columns without which a file is not this task's; "image" stands for at least one picture.
  virtual std::vector<std::string> required_columns() const = 0;
  // Rows that the benchmark's public file has, for a warning; 0: any number.
  virtual std::size_t expected_rows() const { return 0; }

  // Default: plain_prompt(). Throws Error(input) naming the row.
  virtual Prompt prompt(const EvalRow& row, const TaskSettings& settings) const;
  // Throws Error(input) naming the row: an answer list that does not parse.
  virtual RowScore score(const EvalRow& row, const std::string& answer, const TaskSettings& settings) const = 0;
  // Default: the mean over the tokens, weighted by their number.
  virtual RowScore score_likelihood(const EvalRow& row, const Likelihood& likelihood,
                                    const TaskSettings& settings) const;
  // Of any multiset of rows (bootstraps resample them). Must be defined for every non-empty one.
  virtual Summary summarize(std::span<const ScoredRow> rows) const = 0;
};

// All pictures, then the template that fits the row, as one turn of the user.
Prompt plain_prompt(const EvalRow& row, const TaskSettings& settings);

// How a task runs a model, implemented in eval/. One entry a prompt, in order.
class Runner {
 public:
  virtual ~Runner() = default;
  // Greedy decoding.
  virtual std::vector<Answer> generate(std::span<const Prompt> prompts) = 0;
  virtual std::vector<Likelihood> log_likelihood(std::span<const Prompt> prompts) = 0;
};

}  // namespace halftone
