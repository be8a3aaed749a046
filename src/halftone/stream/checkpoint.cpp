#include "halftone/stream/checkpoint.h"

#include <algorithm>
#include <optional>
#include <set>

#include "halftone/base/error.h"
#include "halftone/io/hash.h"
#include "halftone/stream/dequantized_source.h"
#include "halftone/text/tokenizer_files.h"

namespace halftone {
namespace {

constexpr std::uint64_t kSmallFile = 64u << 20;
constexpr std::uint64_t kSampledBytes = 4096;

const Family& find_family(Families families, const Json& config, const std::string& path) {
  const std::string type = get_string_or(config, "model_type", "", path);
  require(!type.empty(), ErrorKind::input, "{}: \"model_type\" is missing", path);
  std::vector<std::string> known;
  for (const auto& family : families) {
    for (const auto& name : family->model_types()) {
      if (name == type) return *family;
      known.push_back(name);
    }
  }
  fail(ErrorKind::unsupported, "{}: model_type \"{}\" is unknown, known are {}", path, type,
       fmt::join(known, ", "));
}

const Format* find_format(Formats formats, const Json& config) {
  for (const auto& format : formats) {
    if (format->recognizes(config)) return format.get();
  }
  return nullptr;
}

CheckpointFacts read_facts(FileSystem& files, const std::string& directory) {
  CheckpointFacts facts;
  facts.token_id = [&files, directory](const std::string& token) {
    return find_token(files, directory, token);
  };
  facts.config_path = join_path(directory, "config.json");
  facts.config = parse_json(read_file(files, facts.config_path, kSmallFile), facts.config_path);
  require(facts.config.is_object(), ErrorKind::input, "{}: not an object", facts.config_path);
  facts.preprocessor_path = join_path(directory, "preprocessor_config.json");
  if (files.stat(facts.preprocessor_path).exists) {
    facts.preprocessor =
        parse_json(read_file(files, facts.preprocessor_path, kSmallFile), facts.preprocessor_path);
    return facts;
  }
  // Newer libraries keep it as a part of the processor's file.
  const std::string processor = join_path(directory, "processor_config.json");
  if (!files.stat(processor).exists) return facts;
  const Json whole = parse_json(read_file(files, processor, kSmallFile), processor);
  if (!whole.is_object() || !has(whole, "image_processor") || !whole["image_processor"].is_object())
    return facts;
  facts.preprocessor = whole["image_processor"];
  facts.preprocessor_path = processor;
  return facts;
}

// Names that a family may ask for to tell layouts apart. A quantized module has no plain weight: anything of
// the module counts.
std::set<std::string> known_names(const TensorSource& source, bool quantized) {
  std::set<std::string> names;
  for (const auto& info : source.list()) {
    names.insert(info.name);
    if (quantized) names.insert(module_of(info.name) + ".weight");
  }
  return names;
}

void hash_tensor(const Checkpoint& checkpoint, const TensorInfo& info, Hash64& hash) {
  const std::string row =
      fmt::format("{} {} {}", info.name, dtype_name(info.dtype), fmt::join(info.shape, ","));
  hash.add(std::as_bytes(std::span(row)));
  std::vector<std::byte> sample(std::min(kSampledBytes, info.bytes));
  checkpoint.files->read_bytes(info, 0, sample);
  hash.add(sample);
  checkpoint.files->read_bytes(info, info.bytes - sample.size(), sample);
  hash.add(sample);
}

// The stage whose prefix is the longest that the module's name begins with.
std::optional<Stage> stage_of(const ModelGraph& graph, const std::string& module) {
  std::optional<Stage> best;
  for (const auto& [stage, names] : graph.modules) {
    if (!module.starts_with(names.prefix)) continue;
    if (!best || names.prefix.size() > graph.modules.at(*best).prefix.size()) best = stage;
  }
  return best;
}

// Loaders build the layers that no block runs as well: their matrices are modules that stay as they are.
void add_unused_matrices(const ModelGraph& graph, const TensorSource& source,
                         std::vector<ModuleFacts>& modules) {
  std::set<std::string> claimed;
  for (const auto& block : graph.blocks)
    for (const auto& slot : block.slots) claimed.insert(slot.part.tensor);
  for (const auto& info : source.list()) {
    if (info.shape.size() != 2 || !info.name.ends_with(".weight") || claimed.contains(info.name)) continue;
    ModuleFacts facts;
    facts.module = module_of(info.name);
    const auto stage = stage_of(graph, facts.module);
    if (!stage) continue;
    facts.stage = *stage;
    facts.rows = info.shape[0];
    facts.columns = info.shape[1];
    facts.dtype = info.dtype;
    facts.file_shape = info.shape;
    modules.push_back(std::move(facts));
  }
}

}  // namespace

std::string module_of(const std::string& tensor) { return tensor.substr(0, tensor.find_last_of('.')); }

std::vector<ModuleFacts> module_facts(const ModelGraph& graph, const TensorSource& source) {
  std::vector<ModuleFacts> modules;
  std::set<std::string> seen;
  for (const auto& block : graph.blocks) {
    for (const auto& site : block.sites) {
      const Slot& slot = block.slots[static_cast<size_t>(site.weight)];
      if (!seen.insert(slot.part.tensor).second) continue;
      ModuleFacts facts;
      facts.module = module_of(slot.part.tensor);
      facts.rows = slot.part.rows.plain() ? slot.shape[0] : slot.file_shape[0];
      facts.columns = slot.shape[1];
      facts.stage = block.stage;
      facts.convolution = site.convolution;
      facts.tied = site.tied;
      facts.file_shape = slot.file_shape;
      const TensorInfo* info = source.find(slot.part.tensor);
      if (info) facts.dtype = info->dtype;
      modules.push_back(std::move(facts));
    }
  }
  add_unused_matrices(graph, source, modules);
  return modules;
}

Checkpoint open_checkpoint(FileSystem& files, const std::string& directory, Families families, Formats formats,
                           Accept accept) {
  Checkpoint checkpoint;
  checkpoint.directory = directory;
  require(files.stat(directory).directory, ErrorKind::input, "{}: no such directory", directory);
  CheckpointFacts facts = read_facts(files, directory);
  checkpoint.config = facts.config;
  const Family& family = find_family(families, facts.config, facts.config_path);
  const bool quantized = has(facts.config, "quantization_config");
  require(!quantized || accept == Accept::any, ErrorKind::unsupported,
          "{}: this checkpoint is quantized already; give the float one", facts.config_path);
  if (quantized) {
    checkpoint.format = find_format(formats, facts.config);
    require(checkpoint.format != nullptr, ErrorKind::unsupported,
            "{}: its quantization_config is of a kind that is not read here", facts.config_path);
  }
  // Headers are read when the family first asks for a name, so that it can speak up about a config before.
  std::optional<std::set<std::string>> names;
  facts.has_tensor = [&](const std::string& name) {
    if (!names) {
      checkpoint.files = std::make_unique<SafetensorsSource>(files, directory);
      names = known_names(*checkpoint.files, quantized);
    }
    return names->contains(name);
  };
  checkpoint.spec = family.open(facts);
  if (!names) facts.has_tensor({});
  checkpoint.modules = module_facts(checkpoint.spec.graph, *checkpoint.files);
  if (quantized) {
    checkpoint.format->read_schemes(facts.config, *checkpoint.files, checkpoint.modules);
    checkpoint.dequantized =
        std::make_unique<DequantizedSource>(*checkpoint.files, *checkpoint.format, checkpoint.modules);
  }
  check_tensors(checkpoint.spec.graph, checkpoint.source(), facts.config_path);
  return checkpoint;
}

std::string fingerprint(const Checkpoint& checkpoint) {
  Hash64 hash;
  const std::string config = checkpoint.config.dump();
  hash.add(std::as_bytes(std::span(config)));
  for (const auto& info : checkpoint.files->list()) hash_tensor(checkpoint, info, hash);
  return hash.hex();
}

}  // namespace halftone
