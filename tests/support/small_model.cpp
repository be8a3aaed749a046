#include "tests/support/small_model.h"

#include <random>

#include "halftone/base/json.h"
#include "halftone/engine/output_directory.h"
#include "halftone/io/safetensors_sink.h"
#include "halftone/io/safetensors_source.h"
#include "halftone/model/flow.h"
#include "halftone/recipe/yaml.h"

namespace halftone::test {
namespace {

const std::string kExample = std::string(HALFTONE_EXAMPLES) + "/mini-qwen2vl";

bool is_kept(const std::string& name, int layers) {
  for (const std::string prefix : {"model.layers.", "visual.blocks."}) {
    if (name.starts_with(prefix) && std::stoi(name.substr(prefix.size())) >= layers) return false;
  }
  return true;
}

}  // namespace

void write_small_model(FileSystem& files, const std::string& directory, int layers) {
  SafetensorsSource source(posix_files(), kExample);
  std::vector<TensorPlan> plan;
  for (const auto& info : source.list()) {
    if (is_kept(info.name, layers)) plan.push_back({info.name, info.dtype, info.shape});
  }
  files.make_directory(directory);
  SafetensorsSink sink(files, directory, plan, UINT64_MAX);
  for (const auto& tensor : plan) sink.write(tensor.name, source.read(source.at(tensor.name)));
  sink.finish();
  Json config = Json::parse(read_file(posix_files(), kExample + "/config.json"));
  config["num_hidden_layers"] = layers;
  config["vision_config"]["depth"] = layers;
  write_file(files, join_path(directory, "config.json"), config.dump(2));
  for (const auto& name : posix_files().list(kExample)) {
    const std::string path = join_path(kExample, name);
    if (is_side_file(name) && posix_files().stat(path).regular)
      write_file(files, join_path(directory, name), read_file(posix_files(), path));
  }
}

Sample text_sample(int seed, int tokens) {
  std::mt19937 random(static_cast<unsigned>(seed));
  Sample sample;
  sample.id = sample.origin = "text " + std::to_string(seed);
  for (int i = 0; i < tokens; ++i) sample.ids.push_back(static_cast<std::int64_t>(random() % 900));
  sample.modality.assign(sample.ids.size(), kText);
  sample.answer.assign(sample.ids.size(), 1);
  sample.answer[0] = 0;
  return sample;
}

std::vector<Sample> text_samples(int count, int tokens) {
  std::vector<Sample> samples;
  for (int i = 0; i < count; ++i) samples.push_back(text_sample(i, tokens));
  return samples;
}

SmallModel::SmallModel(int layers)
    : checkpoint((write_small_model(*files, "/model", layers), open("/model"))) {}

Checkpoint SmallModel::open(const std::string& directory) const {
  return open_checkpoint(*files, directory, registry.families, registry.formats, Accept::any);
}

Job SmallModel::bind(const std::string& recipe) const {
  Faults faults;
  JobRequest request{
      &checkpoint, read_recipe(parse_yaml(recipe, "recipe.yaml"), faults), {}, registry.formats, at::kCPU};
  for (const auto& entry : request.recipe.methods) {
    for (const auto& plugin : registry.methods) {
      if (plugin.name == entry.name) request.methods.push_back(plugin.make(entry.params, faults));
    }
  }
  Job job = bind_job(std::move(request), faults);
  faults.raise();
  return job;
}

RunResult SmallModel::run(const std::string& recipe, const std::vector<Sample>& samples,
                          const RunOptions& options, FileSystem* other) const {
  return run_job(other ? *other : *files, bind(recipe), samples, options);
}

std::string small_recipe(const std::string& method, const std::string& more) {
  return "version: 1\n"
         "schemes:\n"
         "  w4: {weight: {bits: 4, group: 64, symmetric: true}}\n"
         "assign:\n"
         "  - {site: \"language.*\", scheme: w4}\n"
         "methods:\n"
         "  - " +
         method + "\n" + more;
}

RunOptions into(const std::string& out, bool overwrite) {
  RunOptions options;
  options.out = out;
  options.overwrite = overwrite;
  return options;
}

std::map<std::string, std::string> contents(FileSystem& files, const std::string& directory) {
  std::map<std::string, std::string> all;
  for (const auto& name : files.list(directory)) {
    const std::string path = join_path(directory, name);
    if (files.stat(path).regular) all[name] = read_file(files, path);
    for (const auto& [below, text] :
         files.stat(path).directory ? contents(files, path) : std::map<std::string, std::string>{})
      all[name + "/" + below] = text;
  }
  return all;
}

}  // namespace halftone::test
