#include "halftone/api/api.h"
#include "halftone/api/data.h"
#include "halftone/api/request.h"
#include "halftone/base/error.h"
#include "halftone/engine/conductor.h"

namespace halftone::api {

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
  const RunResult run =
      run_job(posix_files(), job, data.samples,
              {request.out, request.overwrite, version(), watch.sink, stop_check(watch.stop)});
  Json quality = nullptr;
  if (run.quality) quality = to_json(*run.quality);
  return {{"outputs", run.outputs}, {"quality", quality},           {"broken_limits", run.broken_limits},
          {"seconds", run.seconds}, {"peak_bytes", run.peak_bytes}, {"skipped_records", data.skipped.size()}};
}

}  // namespace halftone::api
