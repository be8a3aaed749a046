#include "halftone/api/api.h"
#include "halftone/api/data.h"
#include "halftone/api/request.h"
#include "halftone/engine/planner.h"

namespace halftone::api {

Json plan(const PlanRequest& request) {
  const Registry registry;
  const Checkpoint checkpoint = registry.open(request.model, Accept::float_only);
  const Job job = make_job(registry, checkpoint, request.recipe, request.data, request.device);
  const bool has_data = !job.recipe.calibration.data.empty();
  DataSize size;
  if (has_data) {
    size = counted_data(job.graph(), job.recipe,
                        load_samples(job.recipe.calibration, checkpoint.spec, request.model).samples);
  } else if (job.needs_data()) {
    size = assumed_data(job.recipe);
  }
  Json result = to_json(plan_job(job, size));
  result["needs_data"] = job.needs_data();
  return result;
}

}  // namespace halftone::api
