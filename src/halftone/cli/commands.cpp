#include "halftone/cli/commands.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "halftone/api/api.h"
#include "halftone/base/error.h"
#include "halftone/cli/progress.h"
#include "halftone/cli/render.h"
#include "halftone/cli/signals.h"

namespace halftone {
namespace {

// Everything a command may be given, and the command that was chosen.
struct Arguments {
  bool json = false;
  std::string model, other, out, topic, sample, against;
  api::RecipeChoice recipe;
  api::DataChoice data;
  std::string device = "auto";
  std::int64_t samples = 64;
  bool overwrite = false;
  api::EvalChoice eval;
};

// What a command did: its result, how to show it, and whether a check or limit failed.
struct Outcome {
  Json result;
  std::string (*render)(const Json&);
  bool failed = false;
};

using Command = std::function<Outcome(const Arguments&, const SignalStop&)>;

api::Watch watch_with(ProgressView& view, const SignalStop& stop) {
  return {[&view](const Record& record) { view.show(record); }, stop.token()};
}

Outcome run_quantize(const Arguments& a, const SignalStop& stop) {
  ProgressView view(a.json);
  const Json result =
      api::quantize({a.model, a.recipe, a.data, a.device, a.out, a.overwrite}, watch_with(view, stop));
  return {result, render_quantize, !result["broken_limits"].empty()};
}

Outcome run_verify(const Arguments& a, const SignalStop&) {
  const Json result = api::verify(a.model, a.against);
  return {result, render_verify, !result["passed"].get<bool>()};
}

Outcome run_eval(const Arguments& a, const SignalStop& stop) {
  ProgressView view(a.json);
  api::EvalChoice choice = a.eval;
  choice.device = a.device;
  return {api::evaluate({a.model, choice}, watch_with(view, stop)), render_eval};
}

Outcome run_compare(const Arguments& a, const SignalStop& stop) {
  ProgressView view(a.json);
  if (!a.eval.tasks.empty()) {
    api::EvalChoice choice = a.eval;
    choice.data = a.data.data;
    choice.images = a.data.images;
    choice.device = a.device;
    return {api::compare_tasks({a.model, a.other, choice}, watch_with(view, stop)), render_compare_tasks};
  }
  return {api::compare({a.model, a.other, a.data, a.samples, a.device}, watch_with(view, stop)),
          render_compare};
}

void add_recipe(CLI::App& app, Arguments& a) {
  app.add_option("-r,--recipe", a.recipe.recipe,
                 "A recipe file, or the name of a preset (halftone describe presets)")
      ->required();
  app.add_option("--set", a.recipe.set, "Change one key of the recipe: gptq.damp=0.05")->type_name("KEY=VALUE");
}

void add_data(CLI::App& app, Arguments& a) {
  app.add_option("--data", a.data.data,
                 "Conversation JSON, JSON lines, or a folder of pictures; may be repeated")
      ->type_name("FILE|DIR");
  app.add_option("--images", a.data.images,
                 "Where the pictures that records name are; else beside the data file or in its images/")
      ->type_name("DIR");
}

void add_device(CLI::App& app, Arguments& a) {
  app.add_option("--device", a.device, "auto, cpu or cuda:N")->capture_default_str();
}

CLI::App* add_command(CLI::App& app, Arguments& a, const char* name, const char* help, Command& chosen,
                      Command command) {
  CLI::App* sub = app.add_subcommand(name, help);
  sub->add_flag("--json", a.json, "The result as JSON on stdout");
  sub->callback([&chosen, command = std::move(command)] { chosen = command; });
  return sub;
}

void add_model(CLI::App& app, Arguments& a, const char* help = "A checkpoint directory as the hub has it") {
  app.add_option("MODEL", a.model, help)->required();
}

// A command that only looks: it cannot be stopped half-way into anything.
auto looking(auto call, auto render) {
  return [call, render](const Arguments& args, const SignalStop&) -> Outcome { return {call(args), render}; };
}

void declare_inspect(CLI::App& app, Arguments& a, Command& chosen) {
  CLI::App* inspect = add_command(
      app, a, "inspect", "What a checkpoint is: family, blocks, sites, spaces, bytes; reads headers only",
      chosen, looking([](const Arguments& x) { return api::inspect(x.model); }, render_inspect));
  add_model(*inspect, a);
}

void declare_plan(CLI::App& app, Arguments& a, Command& chosen) {
  CLI::App* plan =
      add_command(app, a, "plan",
                  "What quantize would do: rules, runs, time, memory, bytes, engines; loads no weights", chosen,
                  looking(
                      [](const Arguments& x) {
                        return api::plan({x.model, x.recipe, x.data, x.device});
                      },
                      render_plan));
  add_model(*plan, a);
  add_recipe(*plan, a);
  add_data(*plan, a);
  add_device(*plan, a);
}

void declare_quantize(CLI::App& app, Arguments& a, Command& chosen) {
  CLI::App* quantize = add_command(
      app, a, "quantize", "Quantize a checkpoint into a directory that engines load", chosen, run_quantize);
  add_model(*quantize, a);
  add_recipe(*quantize, a);
  add_data(*quantize, a);
  add_device(*quantize, a);
  quantize->add_option("-o,--out", a.out, "The output directory")->required();
  quantize->add_flag("--overwrite", a.overwrite, "Replace OUT if it exists");
}

void declare_verify(CLI::App& app, Arguments& a, Command& chosen) {
  CLI::App* verify =
      add_command(app, a, "verify", "Reopen a quantized directory and check it", chosen, run_verify);
  verify->add_option("OUT", a.model, "A directory that quantize wrote")->required();
  verify
      ->add_option("--against", a.against,
                   "The float checkpoint: adds errors per module and compares side files")
      ->type_name("MODEL");
}

// What eval and compare share beside their data.
void add_tasks(CLI::App& app, Arguments& a) {
  api::EvalChoice& e = a.eval;
  app.add_option("-t,--tasks", e.tasks, "What to score, separated by commas (halftone describe tasks)")
      ->delimiter(',')
      ->type_name("NAME,...");
  app.add_option("--profile", e.profile,
                 "How a harness asks: plain, vlmevalkit, lmms-eval (halftone describe profiles), or a file")
      ->capture_default_str();
  app.add_option("--limit", e.limit, "Rows of each task; 0: all")->capture_default_str();
  app.add_option("--batch", e.batch, "Rows that are answered together")->capture_default_str();
  app.add_option("--ram", e.ram, "Memory the process may take; weights that do not fit are streamed")
      ->type_name("SIZE");
  app.add_option("--compute", e.compute, "float32 or bfloat16")->capture_default_str();
  app.add_option("--on-bad-row", e.on_bad_row, "fail, or skip: leave bad rows out and count them")
      ->capture_default_str();
  app.add_option("--calibration-rows", e.calibration_rows,
                 "Rows that the model was calibrated with: fail, skip or keep")
      ->capture_default_str();
  app.add_flag_callback(
      "--no-missing-words", [&e] { e.pandas_missing = false; },
      "Cells that say NA, None or nan are texts; the harnesses take them for empty");
}

void declare_eval(CLI::App& app, Arguments& a, Command& chosen) {
  CLI::App* eval =
      add_command(app, a, "eval", "Run a model on benchmark rows and score its answers", chosen, run_eval);
  add_model(*eval, a, "A checkpoint directory, or one that quantize wrote");
  add_tasks(*eval, a);
  eval->add_option("--data", a.eval.data,
                   "A TSV, JSON or JSON lines file, or a folder of files named like the tasks")
      ->required()
      ->type_name("FILE|DIR");
  eval->add_option("--images", a.eval.images, "Where picture files that rows name are")->type_name("DIR");
  eval->add_option("-o,--out", a.eval.out,
                   "Where answers are kept as they come; the same command goes on from them. Else eval/ in a "
                   "directory that quantize wrote, or eval-results")
      ->type_name("DIR");
  add_device(*eval, a);
}

void declare_compare(CLI::App& app, Arguments& a, Command& chosen) {
  CLI::App* compare = add_command(
      app, a, "compare", "Two checkpoints on the same samples: weights, hidden states, KL and top-1 agreement",
      chosen, run_compare);
  compare->add_option("A", a.model, "The reference, mostly the float checkpoint")->required();
  compare->add_option("B", a.other, "The other, mostly a quantized directory")->required();
  add_data(*compare, a);
  add_tasks(*compare, a);
  compare
      ->add_option("-o,--out", a.eval.out,
                   "With -t: where answers and results are kept; else eval/ in B or eval-results")
      ->type_name("DIR");
  compare->add_option("--samples", a.samples, "Samples drawn from the data")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  add_device(*compare, a);
}

void declare_dump(CLI::App& app, Arguments& a, Command& chosen) {
  const auto call = [](const Arguments& x) {
    return api::dump({x.model, x.sample, x.data.images, x.out, x.device});
  };
  CLI::App* dump = add_command(app, a, "dump", "Every named tensor of a forward to a safetensors file", chosen,
                               looking(call, render_dump));
  add_model(*dump, a);
  dump->add_option("--sample", a.sample, "JSON: one record, {\"conversations\": ...} or {\"text\": ...}")
      ->required()
      ->type_name("FILE");
  dump->add_option("--images", a.data.images, "Where its pictures are")->type_name("DIR");
  dump->add_option("-o,--out", a.out, "The file to write")->required();
  add_device(*dump, a);
}

void declare_report(CLI::App& app, Arguments& a, Command& chosen) {
  CLI::App* page =
      add_command(app, a, "report",
                  "One HTML page from the records of a quantized directory and of its evaluations", chosen,
                  looking(
                      [](const Arguments& x) {
                        return api::report({x.model, x.out, x.against});
                      },
                      render_report));
  page->add_option("OUT", a.model, "A directory that quantize wrote")->required();
  page->add_option("-o,--out", a.out, "The file to write; else report.html in the directory");
  page->add_option("--eval", a.against, "Where evaluations left their results; else eval/ in the directory")
      ->type_name("DIR");
}

void declare_describe(CLI::App& app, Arguments& a, Command& chosen) {
  add_command(app, a, "describe", "Families, methods, formats, presets and their parameters", chosen,
              looking([](const Arguments& x) { return api::describe(x.topic); }, render_describe))
      ->add_option("TOPIC", a.topic,
                   "families, methods, formats, tasks, profiles, presets, recipe, or one name");
}

void declare(CLI::App& app, Arguments& a, Command& chosen) {
  for (const auto declare_one : {declare_inspect, declare_plan, declare_quantize, declare_verify, declare_eval,
                                 declare_compare, declare_dump, declare_report, declare_describe}) {
    declare_one(app, a, chosen);
  }
}

// A result that did not arrive is a failure.
void print_result(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  require(written && std::fflush(stdout) == 0, ErrorKind::resource, "stdout: the result cannot be written ({})",
          std::strerror(errno));
}

int report(const Error& error, int signal) {
  tell(fmt::format("error: {}\n", error.render()));
  if (error.kind() == ErrorKind::interrupted && signal == SIGTERM) return exit_code(ErrorKind::terminated);
  if (error.kind() == ErrorKind::interrupted && signal == SIGHUP) return 128 + SIGHUP;
  return exit_code(error.kind());
}

// A standard stream that is closed would give its number to the next file opened, and its text would go there.
void hold_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", O_RDONLY);  // writing to it fails
  }
}

}  // namespace

int run_command(int argc, char** argv) {
  hold_standard_streams();
  const SignalStop stop;
  CLI::App app("halftone quantizes vision-language models after training.", "halftone");
  app.require_subcommand(1);
  const Json build = api::build_info();
  app.set_version_flag("--version",
                       fmt::format("halftone {} (torch {}; {})", build["version"].get<std::string>(),
                                   build["torch"].get<std::string>(), build["decoders"].get<std::string>()));
  Arguments arguments;
  Command command;
  declare(app, arguments, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    tell(fmt::format("error: {}\n  hint: halftone{} --help\n", printable(error.what()),
                     argc > 1 && argv[1][0] != '-' ? std::string(" ") + printable(argv[1]) : ""));
    return exit_code(ErrorKind::usage);
  }
  try {
    const Outcome outcome = command(arguments, stop);
    print_result(arguments.json ? outcome.result.dump(2) + "\n" : outcome.render(outcome.result));
    return outcome.failed ? 1 : 0;
  } catch (...) {
    return report(current_error(), stop.received());
  }
}

}  // namespace halftone
