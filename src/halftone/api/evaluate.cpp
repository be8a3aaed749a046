#include <algorithm>
#include <cctype>
#include <optional>

#include "halftone/api/api.h"
#include "halftone/api/profiles.h"
#include "halftone/api/request.h"
#include "halftone/base/clock.h"
#include "halftone/base/error.h"
#include "halftone/base/params.h"
#include "halftone/calib/base64.h"
#include "halftone/calib/eval_file.h"
#include "halftone/eval/score_lines.h"
#include "halftone/eval/task_run.h"
#include "halftone/io/hash.h"
#include "halftone/media/decode.h"
#include "halftone/recipe/recipe.h"
#include "halftone/tensor/device.h"
#include "halftone/tensor/memory.h"

namespace halftone::api {
namespace {

constexpr std::size_t kMostNamed = 5;
constexpr std::size_t kWorst = 20;

template <class Choice>
Choice one_of(const std::string& word, const std::string& flag,
              const std::vector<std::pair<std::string, Choice>>& known) {
  std::vector<std::string> names;
  for (const auto& [name, value] : known) {
    if (name == word) return value;
    names.push_back(name);
  }
  fail(ErrorKind::usage, "{} is \"{}\", known are {}", flag, word, fmt::join(names, ", "));
}

const Task& find_task(const std::vector<std::unique_ptr<Task>>& tasks, const std::string& name) {
  std::vector<std::string> known;
  for (const auto& task : tasks) {
    if (task->name() == name) return *task;
    known.push_back(task->name());
  }
  const std::string near = nearest(name, known);
  fail(ErrorKind::usage, "task \"{}\" is unknown, known are {}{}", name, fmt::join(known, ", "),
       near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near));
}

// Letters and digits alone, small: "OCRBench.tsv" -> "ocrbenchtsv".
std::string plain_name(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c))) out += static_cast<char>(std::tolower(c));
  }
  return out;
}

std::vector<std::string> candidates(const std::vector<std::string>& data) {
  std::vector<std::string> files;
  for (const auto& path : data) {
    if (!posix_files().stat(path).directory) {
      files.push_back(path);
      continue;
    }
    for (const auto& name : posix_files().list(path)) {
      if (name.ends_with(".tsv") || name.ends_with(".json") || name.ends_with(".jsonl"))
        files.push_back(join_path(path, name));
    }
  }
  return files;
}

// The file whose name begins as the task's; one file that was given alone serves every task.
std::string file_of(const std::string& task, const std::vector<std::string>& data) {
  require(!data.empty(), ErrorKind::usage, "an evaluation needs data; give --data FILE or --data DIR");
  if (data.size() == 1 && !posix_files().stat(data[0]).directory) return data[0];
  std::vector<std::string> found;
  for (const auto& file : candidates(data)) {
    if (plain_name(base_name(file)).starts_with(plain_name(task))) found.push_back(file);
  }
  require(!found.empty(), ErrorKind::usage, "no file of {} is named like task {} (.tsv, .json or .jsonl)",
          fmt::join(data, ", "), task);
  require(found.size() == 1, ErrorKind::usage, "{} could all be the data of task {}; give one with --data",
          fmt::join(found, ", "), task);
  return found[0];
}

// Rows that the run that wrote `directory` calibrated with; none for a float checkpoint.
CalibrationRows calibration_rows(const std::string& directory) {
  const std::string path = join_path(directory, "run.jsonl");
  if (!posix_files().stat(path).exists) return {};
  const std::string text = read_file(posix_files(), path, std::uint64_t{1} << 30);
  return CalibrationRows(parse_json(text.substr(0, text.find('\n')), path), path);
}

RunnerOptions runner_options(const EvalChoice& choice, const Watch& watch) {
  RunnerOptions options;
  options.batch = choice.batch;
  options.device = parse_device(choice.device);
  options.compute = one_of<at::ScalarType>(choice.compute, "--compute",
                                           {{"float32", at::kFloat}, {"bfloat16", at::kBFloat16}});
  if (!choice.ram.empty()) {
    const auto bytes = parse_bytes(choice.ram);
    require(bytes.has_value() && *bytes > 0, ErrorKind::usage, "--ram \"{}\" is no size; write it as 4GiB",
            choice.ram);
    options.ram = *bytes;
  }
  options.check = [stop = watch.stop] {
    require(!stop.stop_requested(), ErrorKind::interrupted,
            "stopped; the answers so far are kept, the same command goes on from them");
  };
  return options;
}

// One model while its tasks run. Weights are loaded when the first row needs them.
class Evaluation {
 public:
  Evaluation(const Registry& registry, const std::string& model, const EvalChoice& choice, const Watch& watch)
      : checkpoint_(registry.open(model, Accept::any)),
        fingerprint_(fingerprint(checkpoint_)),
        choice_(choice),
        watch_(watch),
        profile_(read_profile(choice.profile)) {}

  struct Outcome {
    TaskRun run;
    TaskSettings settings;
    std::string file, data;
  };

  Outcome run(const Task& task) {
    require(task.kind() != TaskKind::pair, ErrorKind::usage,
            "task {} needs two models; halftone compare runs it", task.name());
    Outcome out;
    out.settings = task_settings(profile_, task.name(), checkpoint_.config["model_type"].get<std::string>());
    out.data = file_of(task.name(), choice_.data);
    const EvalFile file(posix_files(), {out.data, choice_.images, choice_.pandas_missing},
                        task.required_columns());
    warn_of_size(task, file);
    const Json header = header_of(task, out.settings);
    out.file = answers_path(header, task);
    AnswerFile answers(posix_files(), out.file, header);
    TaskRunOptions options = run_options(file.size());
    options.progress = [&](std::size_t rows) { progress(task, rows, file.size()); };
    std::size_t next = 0;
    const auto source = [&]() -> NextRow {
      if (next == file.size()) return {};
      try {
        return {file.row(next++), {}};
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::input && error.kind() != ErrorKind::unsupported) throw;
        return {std::nullopt, error.message()};
      }
    };
    out.run = run_task(
        posix_files(), task, out.settings, [&]() -> ModelRunner& { return runner(); }, source, &answers,
        options);
    answers.finish();
    return out;
  }

  const Checkpoint& checkpoint() const { return checkpoint_; }
  const std::string& print() const { return fingerprint_; }
  const std::optional<ModelRunner>& loaded() const { return runner_; }

 private:
  ModelRunner& runner() {
    if (!runner_) runner_.emplace(posix_files(), checkpoint_, runner_options(choice_, watch_));
    return *runner_;
  }

  Json header_of(const Task& task, const TaskSettings& settings) const {
    return {{"task", task.name()},
            {"fingerprint", fingerprint_},
            {"compute", choice_.compute},
            {"version", version()},
            {"settings", to_json(settings)}};
  }

  // One file for each model, task and way to ask.
  std::string answers_path(const Json& header, const Task& task) const {
    FileSystem& files = posix_files();
    require(files.stat(choice_.out).directory || files.make_directory(choice_.out) == 0, ErrorKind::resource,
            "{}: cannot be created", choice_.out);
    return join_path(
        choice_.out,
        fmt::format("{}.{}.{}.{}.jsonl", base_name(files.resolve(checkpoint_.directory)), task.name(),
                    plain_name(choice_.profile), hash_hex(header.dump()).substr(0, 8)));
  }

  TaskRunOptions run_options(std::size_t) const {
    TaskRunOptions options;
    options.limit = static_cast<std::size_t>(std::max<std::int64_t>(choice_.limit, 0));
    options.chunk = static_cast<std::size_t>(std::max<std::int64_t>(choice_.batch, 1)) * 8;
    options.on_bad_row = one_of<OnBadRow>(choice_.on_bad_row, "--on-bad-row",
                                          {{"fail", OnBadRow::fail}, {"skip", OnBadRow::skip}});
    options.on_calibration_row = one_of<OnCalibrationRow>(
        choice_.calibration_rows, "--calibration-rows",
        {{"fail", OnCalibrationRow::fail}, {"skip", OnCalibrationRow::skip}, {"keep", OnCalibrationRow::keep}});
    options.calibration = calibration_rows(checkpoint_.directory);
    options.check = [stop = watch_.stop] {
      require(!stop.stop_requested(), ErrorKind::interrupted,
              "stopped; the answers so far are kept, the same command goes on from them");
    };
    return options;
  }

  void warn_of_size(const Task& task, const EvalFile& file) const {
    if (!watch_.sink || task.expected_rows() == 0 || file.size() == task.expected_rows()) return;
    watch_.sink(
        {"warning",
         {{"text", fmt::format("{} has {} rows, the public file of {} has {}", base_name(choice_.data[0]),
                               file.size(), task.name(), task.expected_rows())}}});
  }

  void progress(const Task& task, std::size_t rows, std::size_t all) const {
    if (!watch_.sink) return;
    const auto limit = static_cast<std::size_t>(std::max<std::int64_t>(choice_.limit, 0));
    watch_.sink({"progress",
                 {{"block", task.name()}, {"done", rows}, {"total", limit > 0 ? std::min(limit, all) : all}}});
  }

  Checkpoint checkpoint_;
  std::string fingerprint_;
  const EvalChoice& choice_;
  const Watch& watch_;
  Profile profile_;
  std::optional<ModelRunner> runner_;
};

// What is said of a run besides its scores.
Json run_facts(const TaskRun& run) {
  std::size_t at_limit = 0, unmatched = 0;
  double tokens = 0;
  for (const auto& answer : run.answers) {
    at_limit += answer.answer.finish == Finish::length;
    tokens += static_cast<double>(answer.answer.ids.size());
  }
  for (const auto& row : run.rows) unmatched += !row.score.matched;
  const std::vector<std::string> named(
      run.bad.begin(), run.bad.begin() + static_cast<std::ptrdiff_t>(std::min(kMostNamed, run.bad.size())));
  return {{"bad_rows", run.bad.size()},
          {"bad", named},
          {"calibration_rows", run.calibration_rows},
          {"resumed", run.resumed},
          {"at_limit", at_limit},
          {"unmatched", unmatched},
          {"mean_tokens", tokens / static_cast<double>(run.rows.size())}};
}

// A row that a page shows: what was asked, and what both said.
Json shown_row(const EvalRow& row) {
  const std::string* question = row.find("question");
  const std::string* expected = row.find("answer");
  Json shown = {{"index", row.index},
                {"question", question ? *question : ""},
                {"expected", expected ? *expected : ""},
                {"pictures", Json::array()}};
  for (const auto& picture : row.images) {
    const std::vector<std::byte> bytes = picture.load(posix_files());
    const ImageKind kind = probe_image(bytes, picture.origin).kind;
    const char* name = kind == ImageKind::png ? "png" : kind == ImageKind::jpeg ? "jpeg" : "webp";
    shown["pictures"].push_back(fmt::format("data:image/{};base64,{}", name, encode_base64(bytes)));
  }
  return shown;
}

// The rows that lost most, the first of them first.
Json worst_rows(const EvalChoice& choice, const Task& task, const Evaluation::Outcome& a,
                const Evaluation::Outcome& b) {
  std::map<std::string, std::size_t> of_a, of_b;
  for (std::size_t i = 0; i < a.run.rows.size(); ++i) of_a[a.run.rows[i].index] = i;
  std::vector<std::pair<double, std::size_t>> losses;
  for (std::size_t i = 0; i < b.run.rows.size(); ++i) {
    const auto found = of_a.find(b.run.rows[i].index);
    if (found == of_a.end()) continue;
    of_b[found->first] = i;
    const double loss = a.run.rows[found->second].score.value - b.run.rows[i].score.value;
    if (loss > 0) losses.emplace_back(-loss, i);
  }
  std::sort(losses.begin(), losses.end());
  if (losses.size() > kWorst) losses.resize(kWorst);
  const EvalFile file(posix_files(), {b.data, choice.images, choice.pandas_missing}, task.required_columns());
  std::map<std::string, Json> shown;
  for (std::size_t r = 0; r < file.size() && shown.size() < losses.size(); ++r) {
    try {
      const EvalRow row = file.row(r);
      const auto wanted = std::any_of(losses.begin(), losses.end(),
                                      [&](const auto& l) { return b.run.rows[l.second].index == row.index; });
      if (wanted) shown.emplace(row.index, shown_row(row));
    } catch (const Error&) {  // said when it was read first
    }
  }
  Json list = Json::array();
  for (const auto& [loss, i] : losses) {
    const std::size_t k = of_a.at(b.run.rows[i].index);
    Json row = shown[b.run.rows[i].index];
    row.update({{"answer", b.run.answers[i].answer.text},
                {"answer_against", a.run.answers[k].answer.text},
                {"score", b.run.rows[i].score.value},
                {"score_against", a.run.rows[k].score.value}});
    list.push_back(row);
  }
  return list;
}

// Share of rows that both answered word for word alike.
double same_answers(const TaskRun& a, const TaskRun& b) {
  std::map<std::string, const RowAnswer*> known;
  for (const auto& answer : a.answers) known[answer.index] = &answer;
  double same = 0, both = 0;
  for (const auto& answer : b.answers) {
    const auto found = known.find(answer.index);
    if (found == known.end()) continue;
    ++both;
    same += found->second->answer.text == answer.answer.text;
  }
  return both > 0 ? same / both : 0;
}

Json timing(const std::optional<ModelRunner>& runner) {
  if (!runner) return nullptr;
  const GenerateTimes& t = runner->times();
  return {{"prefill_seconds", t.prefill},
          {"prompt_tokens", t.prompt_tokens},
          {"decode_seconds", t.decode},
          {"new_tokens", t.new_tokens},
          {"steps", t.steps},
          {"streamed", runner->streams()}};
}

void check_choice(const EvalChoice& choice) {
  require(!choice.tasks.empty(), ErrorKind::usage, "no task is named; give -t NAME (halftone describe tasks)");
  require(choice.batch >= 1 && choice.batch <= 100000, ErrorKind::usage, "--batch is {}, 1 to 100000 can be",
          choice.batch);
  require(choice.limit >= 0, ErrorKind::usage, "--limit is {}, it cannot be negative", choice.limit);
}

// Where a report looks: eval/ in a directory that quantize wrote, else a folder here.
EvalChoice with_folder(EvalChoice choice, const std::string& model) {
  const bool ours = posix_files().stat(join_path(model, "run.jsonl")).regular;
  if (choice.out.empty()) choice.out = ours ? join_path(model, "eval") : "eval-results";
  return choice;
}

std::string result_path(const std::string& answers) {
  return answers.substr(0, answers.size() - std::string(".jsonl").size()) + ".json";
}

void write_result(const std::string& path, const Json& entry) {
  write_file(posix_files(), path, entry.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace

Json evaluate(const EvaluateRequest& request, const Watch& watch) {
  const EvalChoice choice = with_folder(request.choice, request.model);
  check_choice(choice);
  const Registry registry;
  const auto tasks = all_tasks();
  for (const auto& name : choice.tasks) find_task(tasks, name);
  const Stopwatch clock;
  Evaluation evaluation(registry, request.model, choice, watch);
  Json list = Json::array();
  for (const auto& name : choice.tasks) {
    const Task& task = find_task(tasks, name);
    const auto outcome = evaluation.run(task);
    const ScoreTable table = score_table(task, outcome.run.rows);
    Json entry = {{"task", name},
                  {"profile", outcome.settings.profile},
                  {"rows", outcome.run.rows.size()},
                  {"note", table.note},
                  {"scores", to_json(table)}};
    entry.update(run_facts(outcome.run));
    entry["file"] = outcome.file;
    // What a comparison left there says the same and more.
    const std::string path = result_path(outcome.file);
    if (!posix_files().stat(path).regular) write_result(path, entry);
    list.push_back(entry);
  }
  return {{"model", request.model},
          {"fingerprint", evaluation.print()},
          {"evaluations", list},
          {"seconds", clock.seconds()},
          {"peak_bytes", peak_resident_bytes()},
          {"times", timing(evaluation.loaded())}};
}

Json compare_tasks(const CompareTasksRequest& request, const Watch& watch) {
  const EvalChoice choice = with_folder(request.choice, request.b);
  check_choice(choice);
  const Registry registry;
  const auto tasks = all_tasks();
  for (const auto& name : choice.tasks) find_task(tasks, name);
  std::vector<Evaluation::Outcome> of_a, of_b;
  for (const bool first : {true, false}) {  // one model in memory at a time
    Evaluation evaluation(registry, first ? request.a : request.b, choice, watch);
    for (const auto& name : choice.tasks)
      (first ? of_a : of_b).push_back(evaluation.run(find_task(tasks, name)));
  }
  Json list = Json::array();
  for (std::size_t i = 0; i < choice.tasks.size(); ++i) {
    const Task& task = find_task(tasks, choice.tasks[i]);
    Json entry = {{"task", task.name()}, {"profile", of_b[i].settings.profile}};
    entry.update(to_json(pair_scores(task, of_a[i].run.rows, of_b[i].run.rows)));
    entry["against"]["model"] = request.a;
    entry["same_answer"] = same_answers(of_a[i].run, of_b[i].run);
    entry["worst"] = worst_rows(choice, task, of_a[i], of_b[i]);
    const std::string path = result_path(of_b[i].file);
    write_result(path, entry);
    entry["file"] = path;
    list.push_back(entry);
  }
  return {{"a", request.a}, {"b", request.b}, {"evaluations", list}};
}

}  // namespace halftone::api
