// A recipe bound to a checkpoint: every decision made and checked before anything is read.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "halftone/plugin/format.h"
#include "halftone/plugin/method.h"
#include "halftone/recipe/recipe.h"
#include "halftone/recipe/resolve.h"
#include "halftone/stream/checkpoint.h"

namespace halftone {

struct JobOutput {
  OutputOptions options;
  const Format* format = nullptr;
};

struct Job {
  const Checkpoint* checkpoint = nullptr;
  Recipe recipe;
  Assignment assignment;
  std::vector<std::shared_ptr<const Method>> methods;  // in order; the last one quantizes
  std::vector<JobOutput> outputs;
  std::vector<ModuleFacts> modules;       // scheme set where a rule gives one
  std::map<std::string, Scheme> schemes;  // by site; scales in the source's type
  at::ScalarType compute = at::kFloat;
  at::Device device = at::kCPU;

  const ModelGraph& graph() const { return checkpoint->spec.graph; }
  // The sites of a block that take a scheme.
  SiteSchemes sites_of(const Block& block) const;
  // What all methods ask of a block, in order.
  std::vector<Needs> needs_of(const Block& block) const;
  bool needs_data() const;
  // The modules that a rule gives a scheme, by the name of their weight in the source. Valid as long as the
  // job.
  std::map<std::string, const ModuleFacts*> quantized_modules() const;
};

struct JobRequest {
  const Checkpoint* checkpoint = nullptr;
  Recipe recipe;
  std::vector<std::shared_ptr<const Method>> methods;
  Formats formats;
  at::Device device = at::kCPU;
};

// Binds and checks; every fault is added to `faults` with its place in the recipe: selectors that match
// nothing, schemes that a method or format refuses, groups that do not divide, fused projections under two
// schemes, a recipe without a quantizing method or with two, unknown formats.
Job bind_job(JobRequest request, Faults& faults);

// Names of all sites of a graph, in order.
std::vector<std::string> site_names(const ModelGraph& graph);

// The resolved recipe, as it goes into every output directory.
Json resolved_recipe(const Job& job);

}  // namespace halftone
