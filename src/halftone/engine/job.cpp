#include "halftone/engine/job.h"

#include <algorithm>

#include "halftone/base/error.h"
#include "halftone/tensor/device.h"

namespace halftone {
namespace {

Place rule_place(const Job& job, const std::string& site) {
  const auto found = job.assignment.find(site);
  return found == job.assignment.end() ? job.recipe.place : job.recipe.assign[found->second.rule].place;
}

void bind_schemes(Job& job) {
  std::map<std::string, DType> types;
  for (const auto& module : job.modules) types[module.module] = module.dtype;
  for (const auto& block : job.graph().blocks) {
    for (const auto& site : block.sites) {
      const auto found = job.assignment.find(site.name);
      if (found == job.assignment.end() || !found->second.scheme) continue;
      Scheme scheme = *found->second.scheme;
      // Engines load scales in the model's own type.
      scheme.weight.scale_dtype =
          types.at(module_of(block.slots[static_cast<size_t>(site.weight)].part.tensor));
      job.schemes[site.name] = scheme;
    }
  }
}

ModuleFacts& module_named(Job& job, const std::string& name) {
  return *std::find_if(job.modules.begin(), job.modules.end(),
                       [&](const ModuleFacts& m) { return m.module == name; });
}

// Fused projections take one scheme together or none.
void bind_modules(Job& job, Faults& faults) {
  std::map<std::string, std::string> first_site;
  for (const auto& block : job.graph().blocks) {
    for (const auto& site : block.sites) {
      ModuleFacts& module =
          module_named(job, module_of(block.slots[static_cast<size_t>(site.weight)].part.tensor));
      const auto scheme = job.schemes.find(site.name);
      const std::optional<Scheme> mine =
          scheme == job.schemes.end() ? std::nullopt : std::optional(scheme->second);
      const auto [first, fresh] = first_site.emplace(module.module, site.name);
      if (fresh) {
        module.scheme = mine;
      } else if (module.scheme != mine) {
        faults.add(rule_place(job, mine ? site.name : first->second),
                   fmt::format("{} and {} are one tensor (\"{}\") and need one scheme", first->second,
                               site.name, module.module));
      }
    }
  }
}

// The first site of each module speaks for it in messages.
std::map<std::string, std::string> site_of_module(const ModelGraph& graph) {
  std::map<std::string, std::string> sites;
  for (const auto& block : graph.blocks) {
    for (const auto& site : block.sites) {
      sites.emplace(module_of(block.slots[static_cast<size_t>(site.weight)].part.tensor), site.name);
    }
  }
  return sites;
}

// Adds one fault a reason: a rule over forty layers should not give forty lines.
class Refusals {
 public:
  void add(const Place& place, const std::string& reason, const std::string& site) {
    for (auto& entry : entries_) {
      if (entry.reason == reason && entry.place.line == place.line) {
        ++entry.count;
        return;
      }
    }
    entries_.push_back({place, reason, site, 1});
  }
  void report(Faults& faults) const {
    for (const auto& e : entries_) {
      const std::string more = e.count > 1 ? fmt::format(" (and {} more sites)", e.count - 1) : "";
      faults.add(e.place, fmt::format("{}{}: {}", e.site, more, e.reason));
    }
  }

 private:
  struct Entry {
    Place place;
    std::string reason, site;
    int count;
  };
  std::vector<Entry> entries_;
};

void check_modules(const Job& job, Faults& faults) {
  Refusals refusals;
  const auto sites = site_of_module(job.graph());
  for (const auto& module : job.modules) {
    if (!module.scheme) continue;
    const std::string& site = sites.at(module.module);
    const WeightScheme& weight = module.scheme->weight;
    if (weight.granularity == Granularity::group && module.columns % weight.group != 0) {
      refusals.add(rule_place(job, site),
                   fmt::format("groups of {} do not divide its {} input columns", weight.group, module.columns),
                   site);
      continue;
    }
    for (const auto& output : job.outputs) {
      if (!output.format) continue;
      if (const auto reason = output.format->refuse(module)) {
        refusals.add(rule_place(job, site), fmt::format("{} ({})", *reason, output.format->name()), site);
      }
    }
    for (const auto& method : job.methods) {
      if (const auto reason = method->refuse(*module.scheme))
        refusals.add(rule_place(job, site), *reason, site);
    }
  }
  refusals.report(faults);
}

// What an output's engines join into one matrix takes one scheme.
void check_joined(const Job& job, Faults& faults) {
  const auto joins = std::find_if(job.outputs.begin(), job.outputs.end(),
                                  [](const JobOutput& o) { return o.format && o.format->joins_readers(); });
  if (joins == job.outputs.end()) return;
  const auto scheme_of = [&](const Site& site) {
    const auto found = job.schemes.find(site.name);
    return found == job.schemes.end() ? std::nullopt : std::optional(found->second);
  };
  Refusals refusals;
  for (const auto& block : job.graph().blocks) {
    std::map<SpaceId, const Site*> first;
    for (const auto& site : block.sites) {
      const auto [known, fresh] = first.emplace(site.input.space, &site);
      if (fresh || scheme_of(*known->second) == scheme_of(site)) continue;
      refusals.add(
          rule_place(job, scheme_of(site) ? site.name : known->second->name),
          fmt::format("engines join it with {}, which reads the same input: give both one scheme, or "
                      "write format dense ({})",
                      known->second->name.substr(known->second->name.rfind('.') + 1), joins->format->name()),
          site.name);
    }
  }
  refusals.report(faults);
}

void check_methods(const Job& job, Faults& faults) {
  const auto quantizing =
      std::count_if(job.methods.begin(), job.methods.end(), [](const auto& m) { return m->quantizes(); });
  if (job.methods.size() != job.recipe.methods.size()) return;  // an unknown method is a fault already
  if (quantizing == 0) faults.add(job.recipe.place, "methods: none of them chooses codes; add rtn or gptq");
  for (size_t i = 0; i + 1 < job.methods.size(); ++i) {
    if (job.methods[i]->quantizes()) {
      faults.add(job.recipe.methods[i].place,
                 fmt::format("methods: {} chooses codes and must come last", job.recipe.methods[i].name));
    }
  }
}

void bind_outputs(Job& job, Formats formats, Faults& faults) {
  std::vector<std::string> known;
  for (const auto& format : formats) known.push_back(format->name());
  for (const auto& options : job.recipe.outputs) {
    const auto found = std::find_if(formats.begin(), formats.end(),
                                    [&](const auto& f) { return f->name() == options.format; });
    if (found == formats.end()) {
      const std::string near = nearest(options.format, known);
      faults.add(options.place, fmt::format("output: format \"{}\" is unknown, known are {}{}", options.format,
                                            fmt::join(known, ", "),
                                            near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)));
    } else {
      job.outputs.push_back({options, found->get()});
    }
  }
}

at::ScalarType compute_type(const Recipe& recipe, at::Device device) {
  if (recipe.compute == "float32") return at::kFloat;
  if (recipe.compute == "bfloat16") return at::kBFloat16;
  return has_fast_bfloat16(device) ? at::kBFloat16 : at::kFloat;
}

Json scheme_as_json(const Scheme& scheme) {
  const WeightScheme& w = scheme.weight;
  Json weight = {
      {"bits", w.bits}, {"type", w.kind == NumberKind::floating ? "float" : "int"}, {"symmetric", w.symmetric}};
  if (w.granularity == Granularity::group) {
    weight["group"] = w.group;
  } else {
    weight["per"] = w.granularity == Granularity::channel ? "channel" : "tensor";
  }
  Json json = {{"weight", weight}};
  if (scheme.input) {
    json["input"] = {{"bits", scheme.input->bits},
                     {"type", scheme.input->kind == NumberKind::floating ? "float" : "int"},
                     {"per", "token"}};
  }
  return json;
}

}  // namespace

SiteSchemes Job::sites_of(const Block& block) const {
  SiteSchemes sites;
  for (const auto& site : block.sites) {
    const auto found = schemes.find(site.name);
    if (found != schemes.end()) sites.emplace_back(&site, found->second);
  }
  return sites;
}

std::vector<Needs> Job::needs_of(const Block& block) const {
  const SiteSchemes sites = sites_of(block);
  std::vector<Needs> needs;
  if (sites.empty()) return needs;
  for (const auto& method : methods) needs.push_back(method->needs(graph(), block, sites));
  return needs;
}

bool Job::needs_data() const {
  return std::any_of(graph().blocks.begin(), graph().blocks.end(), [&](const Block& block) {
    const auto needs = needs_of(block);
    return std::any_of(needs.begin(), needs.end(), [](const Needs& n) { return !n.statistics.empty(); });
  });
}

std::map<std::string, const ModuleFacts*> Job::quantized_modules() const {
  std::map<std::string, const ModuleFacts*> quantized;
  for (const auto& module : modules) {
    if (module.scheme) quantized[module.module + ".weight"] = &module;
  }
  return quantized;
}

std::vector<std::string> site_names(const ModelGraph& graph) {
  std::vector<std::string> names;
  for (const auto& block : graph.blocks) {
    for (const auto& site : block.sites) names.push_back(site.name);
  }
  return names;
}

Job bind_job(JobRequest request, Faults& faults) {
  Job job;
  job.checkpoint = request.checkpoint;
  job.recipe = std::move(request.recipe);
  job.methods = std::move(request.methods);
  job.modules = job.checkpoint->modules;
  job.device = request.device;
  job.compute = compute_type(job.recipe, job.device);
  job.assignment = assign_sites(job.recipe, site_names(job.graph()), faults);
  bind_outputs(job, request.formats, faults);
  bind_schemes(job);
  bind_modules(job, faults);
  check_modules(job, faults);
  check_joined(job, faults);
  check_methods(job, faults);
  if (job.schemes.empty() && faults.empty())
    faults.add(job.recipe.place, "assign: no site takes a scheme, nothing would be quantized");
  return job;
}

Json resolved_recipe(const Job& job) {
  const Recipe& r = job.recipe;
  Json data = Json::array();
  for (const auto& source : r.calibration.data) data.push_back(params_as_json(source));
  Json calibration = {{"data", data}};
  calibration.update(params_as_json(r.calibration));
  Json schemes = Json::object(), assign = Json::array(), methods = Json::array(), outputs = Json::array();
  for (size_t i = 0; i < r.assign.size(); ++i) {
    const std::string name = r.assign[i].value ? fmt::format("scheme{}", i) : "keep";
    if (r.assign[i].value) schemes[name] = scheme_as_json(*r.assign[i].value);
    assign.push_back({{"site", r.assign[i].selector}, {"scheme", name}});
  }
  for (size_t i = 0; i < job.methods.size(); ++i)
    methods.push_back({{r.methods[i].name, job.methods[i]->params()}});
  for (const auto& output : r.outputs)
    outputs.push_back({{"format", output.format}, {"shard", fmt::format("{}", output.shard)}});
  return {{"version", 1},
          {"calibration", calibration},
          {"quality", params_as_json(r.quality)},
          {"schemes", schemes},
          {"assign", assign},
          {"methods", methods},
          {"output", outputs},
          {"limits", r.limits},
          {"compute", job.compute == at::kFloat ? "float32" : "bfloat16"},
          {"propagate", r.propagate == Propagate::quantized ? "quantized" : "reference"},
          {"micro_batch", r.micro_batch}};
}

}  // namespace halftone
