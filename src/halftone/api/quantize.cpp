#include "halftone/api/api.h"
#include "halftone/api/data.h"
#include "halftone/api/report_files.h"
#include "halftone/api/request.h"
#include "halftone/base/error.h"
#include "halftone/engine/conductor.h"
#include "halftone/engine/planner.h"

namespace halftone::api {
namespace {

// The plan as the records keep it: instead of a line a site, how many sites each engine runs.
Json plan_record(const Job& job, const std::vector<Sample>& samples) {
  Json plan = to_json(plan_job(job, counted_data(job.graph(), job.recipe, samples)));
  Json engines = Json::object();
  for (const auto& site : plan["sites"]) {
    for (const auto& engine : site["engines"]) {
      Json& count = engines[engine.get<std::string>()];
      count = count.is_null() ? 1 : count.get<int>() + 1;
    }
  }
  plan.erase("sites");
  plan["engines"] = engines;
  return plan;
}

// What people call the model: its directory, or for a snapshot of the hub's cache the repository.
std::string title_of(const std::string& model) {
  const std::string real = posix_files().resolve(model), above = parent_path(real);
  if (base_name(above) != "snapshots") return base_name(real);
  const std::string repository = base_name(parent_path(above));  // "models--organization--name"
  const std::size_t name = repository.rfind("--");
  return name == std::string::npos ? repository : repository.substr(name + 2);
}

}  // namespace

Json quantize(const QuantizeRequest& request, const Watch& watch) {
  const Registry registry;
  const Checkpoint checkpoint = registry.open(request.model, Accept::float_only);
  const Job job = make_job(registry, checkpoint, request.recipe, request.data, request.device);
  LoadedData data;
  if (!job.recipe.calibration.data.empty()) {
    data = load_samples(job.recipe.calibration, checkpoint.spec, request.model, stop_check(watch.stop));
  } else if (job.needs_data()) {
    throw Error(ErrorKind::usage, fmt::format("recipe \"{}\" needs calibration data", request.recipe.recipe),
                "give --data FILE (conversation JSON, JSON lines or a folder of pictures), or name it under "
                "calibration.data");
  }
  for (const auto& line : data.skipped) {
    if (watch.sink) watch.sink({"warning", {{"text", "skipped " + line}}});
  }
  RunOptions options{request.out, request.overwrite, version(), watch.sink, stop_check(watch.stop)};
  options.about = {{"model", title_of(request.model)}, {"recipe", base_name(request.recipe.recipe)}};
  options.plan = plan_record(job, data.samples);
  options.on_written = [](const std::string& directory) {
    write_file(posix_files(), join_path(directory, kReportName), report_text(posix_files(), directory, {}));
  };
  const RunResult run = run_job(posix_files(), job, data.samples, options);
  Json quality = nullptr;
  if (run.quality) quality = to_json(*run.quality);
  return {{"outputs", run.outputs}, {"quality", quality},           {"broken_limits", run.broken_limits},
          {"seconds", run.seconds}, {"peak_bytes", run.peak_bytes}, {"skipped_records", data.skipped.size()}};
}

}  // namespace halftone::api
