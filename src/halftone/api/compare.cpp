#include "halftone/eval/compare.h"

#include "halftone/api/api.h"
#include "halftone/api/data.h"
#include "halftone/api/request.h"
#include "halftone/base/error.h"
#include "halftone/tensor/device.h"

namespace halftone::api {

Json compare(const CompareRequest& request, const Watch& watch) {
  require(!request.data.data.empty(), ErrorKind::usage, "compare needs samples; give --data FILE");
  const Registry registry;
  const Checkpoint a = registry.open(request.a, Accept::any), b = registry.open(request.b, Accept::any);
  CalibrationOptions data;
  for (const auto& path : request.data.data) {
    data.data.emplace_back().path = path;
    data.data.back().images = request.data.images;
  }
  data.samples = request.samples;
  data.max_tokens = a.spec.graph.max_positions;
  const LoadedData loaded = load_samples(data, a.spec, request.a, stop_check(watch.stop));
  CompareOptions options;
  options.device = parse_device(request.device);
  options.check = stop_check(watch.stop);
  if (watch.sink) {
    options.progress = [&](std::size_t done, std::size_t total) {
      watch.sink({"progress", {{"block", ""}, {"done", done}, {"total", total}}});
    };
  }
  return to_json(compare_models(posix_files(), a, b, loaded.samples, options));
}

}  // namespace halftone::api
