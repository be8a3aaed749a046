#include "halftone/api/request.h"

#include <algorithm>

#include "halftone/base/error.h"
#include "halftone/io/file.h"
#include "halftone/recipe/yaml.h"
#include "halftone/tensor/device.h"

namespace halftone {
namespace {

Value read_recipe_tree(const std::string& recipe) {
  if (const auto preset = preset_text(recipe)) return parse_yaml(*preset, recipe);
  FileSystem& files = posix_files();
  if (!files.stat(recipe).regular) {
    const std::string near = nearest(recipe, preset_names());
    throw Error(ErrorKind::usage,
                fmt::format("recipe \"{}\" is neither a file nor a preset{}", recipe,
                            near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)),
                "halftone describe presets lists them");
  }
  return parse_yaml(read_file(files, recipe, 1 << 20), recipe);
}

// A first word that is a method of the recipe addresses that method.
std::string addressed(const std::string& assignment, const Value& root) {
  const std::string word = assignment.substr(0, assignment.find_first_of(".="));
  const Value* methods = root.find("methods");
  if (!methods) return assignment;
  for (const auto& item : methods->items) {
    const bool named = item.kind == Value::Kind::map ? !item.fields.empty() && item.fields[0].first == word
                                                     : item.text == word;
    if (named) return "methods." + assignment;
  }
  return assignment;
}

std::vector<std::shared_ptr<const Method>> build_methods(const Registry& registry, const Recipe& recipe,
                                                         Faults& faults) {
  std::vector<std::shared_ptr<const Method>> methods;
  std::vector<std::string> known;
  for (const auto& plugin : registry.methods) known.push_back(plugin.name);
  for (const auto& entry : recipe.methods) {
    const auto found = std::find_if(registry.methods.begin(), registry.methods.end(),
                                    [&](const auto& p) { return p.name == entry.name; });
    if (found == registry.methods.end()) {
      const std::string near = nearest(entry.name, known);
      faults.add(entry.place,
                 fmt::format("method \"{}\" is unknown, known are {}{}", entry.name, fmt::join(known, ", "),
                             near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)));
    } else {
      methods.push_back(found->make(entry.params, faults));
    }
  }
  return methods;
}

void choose_data(Recipe& recipe, const api::DataChoice& choice) {
  if (!choice.data.empty()) {
    recipe.calibration.data.clear();
    for (const auto& path : choice.data) recipe.calibration.data.emplace_back().path = path;
  }
  if (choice.images.empty()) return;
  for (auto& source : recipe.calibration.data) source.images = choice.images;
}

}  // namespace

Checkpoint Registry::open(const std::string& directory, Accept accept) const {
  Checkpoint checkpoint = open_checkpoint(posix_files(), directory, families, formats, accept);
  std::int64_t bytes = 0;
  for (const auto& info : checkpoint.files->list()) bytes += static_cast<std::int64_t>(info.bytes);
  choose_threads(bytes);
  return checkpoint;
}

Job make_job(const Registry& registry, const Checkpoint& checkpoint, const api::RecipeChoice& choice,
             const api::DataChoice& data, const std::string& device) {
  Value root = read_recipe_tree(choice.recipe);
  for (const auto& assignment : choice.set) set_value(root, addressed(assignment, root));
  Faults faults;
  JobRequest request{&checkpoint, read_recipe(root, faults), {}, registry.formats, parse_device(device)};
  choose_data(request.recipe, data);
  request.methods = build_methods(registry, request.recipe, faults);
  Job job = bind_job(std::move(request), faults);
  faults.raise();
  return job;
}

std::function<void()> stop_check(const std::stop_token& stop) {
  return [stop] { require(!stop.stop_requested(), ErrorKind::interrupted, "stopped; nothing was written"); };
}

}  // namespace halftone
