// What the verbs share: opening models and recipes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "halftone/api/api.h"
#include "halftone/api/lists.h"
#include "halftone/engine/job.h"
#include "halftone/recipe/recipe.h"
#include "halftone/stream/checkpoint.h"

namespace halftone {

// All plug-ins of a call, alive as long as what was opened with them.
struct Registry {
  std::vector<std::unique_ptr<Family>> families = all_families();
  std::vector<std::unique_ptr<Format>> formats = all_formats();
  std::vector<MethodPlugin> methods = all_methods();

  Checkpoint open(const std::string& directory, Accept accept) const;
};

// Reads the recipe, applies --set and the data of the command line, builds its methods and binds it to the
// model. All faults at once.
Job make_job(const Registry& registry, const Checkpoint& checkpoint, const api::RecipeChoice& choice,
             const api::DataChoice& data, const std::string& device);

// Throws Error(interrupted) once a stop is requested.
std::function<void()> stop_check(const std::stop_token& stop);

}  // namespace halftone
