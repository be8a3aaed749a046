#include "halftone/eval/task_run.h"

#include <set>

#include "halftone/base/error.h"

namespace halftone {
namespace {

// A row on its way through a chunk.
struct Pending {
  EvalRow row;
  RowAnswer answer;
  Prompt prompt;
  bool answered = false;
  std::string fault;
};

class TaskWalk {
 public:
  TaskWalk(FileSystem& files, const Task& task, const TaskSettings& settings,
           const std::function<ModelRunner&()>& runner, const RowSource& source, AnswerFile* answers,
           const TaskRunOptions& options)
      : files_(files),
        task_(task),
        settings_(settings),
        runner_(runner),
        source_(source),
        answers_(answers),
        options_(options) {}

  TaskRun run() {
    std::vector<Pending> chunk;
    bool end = false;
    while (!end) {
      if (options_.check) options_.check();
      end = !read(chunk);
      if (chunk.size() < options_.chunk && !end) continue;
      run_chunk(chunk);
      chunk.clear();
    }
    require(!result_.rows.empty(), ErrorKind::input, "{}: no row is left to score{}", task_.name(),
            result_.bad.empty() ? "" : "; the first fault: " + result_.bad.front());
    return std::move(result_);
  }

 private:
  // Adds the next row to the chunk. False: there is none.
  bool read(std::vector<Pending>& chunk) {
    if (options_.limit > 0 && taken_ == options_.limit) return false;
    NextRow next = source_();
    if (!next.fault.empty()) {
      bad(next.fault);
      return true;
    }
    if (!next.row) return false;
    Pending pending{std::move(*next.row), {}, {}, false, {}};
    const std::string fault = named(pending.row, fault_of([&] { prepare(pending); }));
    if (!fault.empty()) {
      bad(fault);
    } else if (wanted(pending.row)) {
      ++taken_;
      chunk.push_back(std::move(pending));
    }
    return true;
  }

  void prepare(Pending& p) {
    require(seen_.insert(p.row.index).second, ErrorKind::input, "{}: the index \"{}\" came before",
            p.row.origin, clipped(p.row.index));
    p.prompt = task_.prompt(p.row, settings_);
    p.answer.index = p.row.index;
    p.answer.row = row_hash(files_, p.row);
    const RowAnswer* known = answers_ ? answers_->find(p.answer.index, p.answer.row) : nullptr;
    if (known == nullptr) return;
    p.answer = *known;
    p.answered = true;
    ++result_.resumed;
  }

  // Whether a row may be scored: not one that the model was calibrated with.
  bool wanted(const EvalRow& row) {
    const std::string* question = row.find("question");
    if (options_.calibration.empty() || question == nullptr) return true;
    std::string pictures;
    if (!fault_of([&] { pictures = pictures_identity(files_, row.images); }).empty())
      return true;  // said later
    if (!options_.calibration.holds(pictures, question_identity(*question))) return true;
    ++result_.calibration_rows;
    if (options_.on_calibration_row == OnCalibrationRow::fail) {
      throw Error(ErrorKind::input, fmt::format("{}: the model was calibrated with this row", row.origin),
                  "--calibration-rows skip leaves such rows out, keep scores them all the same");
    }
    return options_.on_calibration_row == OnCalibrationRow::keep;
  }

  void run_chunk(std::vector<Pending>& chunk) {
    std::vector<Prompt> prompts;
    std::vector<Pending*> open;
    for (auto& p : chunk) {
      if (p.answered) continue;
      prompts.push_back(p.prompt);
      open.push_back(&p);
    }
    if (!prompts.empty()) answer(prompts, open);
    if (answers_) answers_->sync();
    for (auto& p : chunk) score(p);
    if (options_.progress) options_.progress(result_.rows.size());
  }

  void answer(const std::vector<Prompt>& prompts, const std::vector<Pending*>& open) {
    const auto keep = [&](Pending& p) {
      if (answers_ && p.fault.empty()) answers_->add(task_.kind(), p.answer);
    };
    ModelRunner& runner = runner_();
    runner.set_picture_limits(settings_);
    if (task_.kind() == TaskKind::likelihood) {
      const auto likelihoods = runner.log_likelihood(prompts);
      for (std::size_t i = 0; i < open.size(); ++i) {
        open[i]->answer.likelihood = likelihoods[i];
        open[i]->fault = likelihoods[i].error;
        keep(*open[i]);
      }
      return;
    }
    runner.generate_each(prompts, [&](std::size_t i, Answer answer) {
      open[i]->fault = answer.error;
      open[i]->answer.answer = std::move(answer);
      keep(*open[i]);
    });
  }

  void score(Pending& p) {
    ScoredRow scored{p.row.index, {}};
    if (p.fault.empty()) {
      p.fault = fault_of([&] {
        scored.score = task_.kind() == TaskKind::likelihood
                           ? task_.score_likelihood(p.row, p.answer.likelihood, settings_)
                           : task_.score(p.row, p.answer.answer.text, settings_);
      });
    }
    if (!p.fault.empty()) return bad(named(p.row, p.fault));
    result_.rows.push_back(std::move(scored));
    result_.answers.push_back(std::move(p.answer));
  }

  void bad(const std::string& fault) {
    if (options_.on_bad_row == OnBadRow::fail)
      throw Error(ErrorKind::input, fault, "--on-bad-row skip leaves such rows out and counts them");
    result_.bad.push_back(fault);
  }

  // A fault that says which row it is.
  static std::string named(const EvalRow& row, const std::string& fault) {
    return fault.empty() || fault.starts_with(row.origin) ? fault : row.origin + ": " + fault;
  }

  // What a row's own fault is, "" for none; other errors pass.
  template <class Body>
  static std::string fault_of(Body&& body) {
    try {
      body();
      return {};
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::input && error.kind() != ErrorKind::unsupported) throw;
      return error.message();
    }
  }

  FileSystem& files_;
  const Task& task_;
  const TaskSettings& settings_;
  const std::function<ModelRunner&()>& runner_;
  const RowSource& source_;
  AnswerFile* answers_;
  const TaskRunOptions& options_;
  TaskRun result_;
  std::set<std::string> seen_;
  std::size_t taken_ = 0;
};

}  // namespace

TaskRun run_task(FileSystem& files, const Task& task, const TaskSettings& settings,
                 const std::function<ModelRunner&()>& runner, const RowSource& source, AnswerFile* answers,
                 const TaskRunOptions& options) {
  return TaskWalk(files, task, settings, runner, source, answers, options).run();
}

}  // namespace halftone
