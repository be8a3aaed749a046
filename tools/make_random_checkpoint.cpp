// Writes a checkpoint with random weights in the layout of a family, from a config.json alone: for benchmarks
// and tests that need real shapes and no real model.
//
//   make_random_checkpoint CONFIG_DIR OUT [--set num_hidden_layers=2] [--std 0.02] [--seed 1] [--shard 5GB]
//                          [--headers-only]
#include <filesystem>
#include <set>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "halftone/api/lists.h"
#include "halftone/base/error.h"
#include "halftone/io/safetensors_sink.h"
#include "halftone/recipe/recipe.h"

namespace halftone {
namespace {

struct Arguments {
  std::string config_dir, out, shard = "5GB";
  std::vector<std::string> set;
  double std = 0.02;
  std::uint64_t seed = 1;
  bool headers_only = false;
};

Json edited_config(const Arguments& arguments) {
  const std::string path = join_path(arguments.config_dir, "config.json");
  Json config = parse_json(read_file(posix_files(), path), path);
  for (const auto& text : arguments.set) {
    const size_t equals = text.find('=');
    require(equals != std::string::npos, ErrorKind::usage, "--set {}: expected key=value", text);
    Json* at = &config;
    std::string key = text.substr(0, equals);
    for (size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.')) {
      at = &(*at)[key.substr(0, dot)];
      key.erase(0, dot + 1);
    }
    (*at)[key] = parse_json(text.substr(equals + 1), "--set");
  }
  return config;
}

ModelSpec open_spec(const Json& config, const std::string& directory) {
  const std::string type = get_string_or(config, "model_type", "", "config.json");
  for (const auto& family : all_families()) {
    for (const auto& name : family->model_types()) {
      if (name == type)
        return family->open(
            {config, join_path(directory, "config.json"), {}, "", [](const std::string&) { return false; }});
    }
  }
  fail(ErrorKind::unsupported, "model_type \"{}\" is unknown", type);
}

// Norm gains near one, everything else small.
Tensor random_tensor(const TensorPlan& plan, bool gain, double std, at::Generator& generator) {
  Tensor values = at::empty(plan.shape, at::kFloat).normal_(gain ? 1.0 : 0.0, gain ? 0.1 : std, generator);
  return values.to(at::kBFloat16);
}

// One file whose header is whole and whose numbers are a hole: for looking at models of any size.
std::uint64_t write_headers(const std::string& out, const std::vector<TensorPlan>& plan) {
  Json header = Json::object();
  std::uint64_t offset = 0;
  for (const auto& tensor : plan) {
    const std::uint64_t bytes = 2 * static_cast<std::uint64_t>(c10::multiply_integers(tensor.shape));
    header[tensor.name] = {
        {"dtype", "BF16"}, {"shape", tensor.shape}, {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string length;
  for (int i = 0; i < 8; ++i) length += static_cast<char>(text.size() >> (8 * i) & 0xff);
  const std::string path = join_path(out, "model.safetensors");
  write_file(posix_files(), path, length + text);
  std::filesystem::resize_file(path, 8 + text.size() + offset);
  return offset;
}

std::uint64_t write_weights(const Arguments& arguments, const std::vector<TensorPlan>& plan,
                            const std::set<std::string>& gains) {
  SafetensorsSink sink(posix_files(), arguments.out, plan,
                       static_cast<std::uint64_t>(parse_bytes(arguments.shard).value_or(5'000'000'000)));
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(arguments.seed);
  for (const auto& tensor : plan)
    sink.write(tensor.name, random_tensor(tensor, gains.contains(tensor.name), arguments.std, generator));
  sink.finish();
  return sink.total_bytes();
}

void run(const Arguments& arguments) {
  const Json config = edited_config(arguments);
  const ModelSpec spec = open_spec(config, arguments.config_dir);
  std::vector<TensorPlan> plan;
  std::set<std::string> seen, gains;
  for (const auto& block : spec.graph.blocks) {
    for (const auto& slot : block.slots) {
      if (slot.role == Role::gain) gains.insert(slot.part.tensor);
      if (seen.insert(slot.part.tensor).second)
        plan.push_back({slot.part.tensor, DType::bf16, slot.file_shape});
    }
  }
  FileSystem& files = posix_files();
  require(files.make_directory(arguments.out) == 0, ErrorKind::conflict, "{}: cannot be made, or exists",
          arguments.out);
  const std::uint64_t bytes =
      arguments.headers_only ? write_headers(arguments.out, plan) : write_weights(arguments, plan, gains);
  write_file(files, join_path(arguments.out, "config.json"), config.dump(2) + "\n");
  for (const auto& name : files.list(arguments.config_dir)) {
    if (name != "config.json" && name.ends_with(".json")) {
      write_file(files, join_path(arguments.out, name),
                 read_file(files, join_path(arguments.config_dir, name)));
    }
  }
  fmt::print("{}: {} tensors, {} bytes\n", arguments.out, plan.size(), bytes);
}

}  // namespace
}  // namespace halftone

int main(int argc, char** argv) {
  halftone::Arguments arguments;
  CLI::App app("Writes a checkpoint with random weights from a config.json.");
  app.add_option("CONFIG_DIR", arguments.config_dir,
                 "Directory with config.json; its other .json files are copied")
      ->required();
  app.add_option("OUT", arguments.out, "Directory to make")->required();
  app.add_option("--set", arguments.set,
                 "Change a key of the config: num_hidden_layers=2, vision_config.depth=4");
  app.add_flag("--headers-only", arguments.headers_only, "One sparse file without numbers in it");
  app.add_option("--std", arguments.std, "Standard deviation of the weights")->capture_default_str();
  app.add_option("--seed", arguments.seed, "Seed")->capture_default_str();
  app.add_option("--shard", arguments.shard, "Largest shard")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    halftone::run(arguments);
    return 0;
  } catch (const halftone::Error& error) {
    fmt::print(stderr, "error: {}\n", error.render());
    return halftone::exit_code(error.kind());
  }
}
