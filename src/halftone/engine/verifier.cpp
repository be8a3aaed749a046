#include "halftone/engine/verifier.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "halftone/base/error.h"
#include "halftone/engine/engines.h"
#include "halftone/engine/output_directory.h"
#include "halftone/engine/round_trip_check.h"
#include "halftone/engine/writer.h"
#include "halftone/io/hash.h"
#include "halftone/quant/distortion.h"

namespace halftone {
namespace {

constexpr std::uint64_t kSmallFile = 1u << 30;
constexpr std::uint64_t kPieceBytes = 32u << 20;  // of a tensor that is hashed

// What run.jsonl says of what the run wrote: hashes by name.
struct RunRecord {
  std::map<std::string, std::string> modules, tensors;
  bool found = false;

  std::string not_compared() const {
    return fmt::format("not compared: run.jsonl {}", found ? "records no hashes" : "is missing");
  }
};

std::string hash_of_bytes(const SafetensorsSource& source, const TensorInfo& info) {
  Hash64 hash;
  std::vector<std::byte> piece(std::min(kPieceBytes, info.bytes));
  for (std::uint64_t done = 0; done < info.bytes; done += piece.size()) {
    piece.resize(std::min(kPieceBytes, info.bytes - done));
    source.read_bytes(info, done, piece);
    hash.add(piece);
  }
  return hash.hex();
}

std::vector<std::string> strings_of(const Json& line, const char* key, const std::string& path) {
  std::vector<std::string> values;
  for (const auto& value : line.value(key, Json::array())) {
    require(value.is_string(), ErrorKind::input, "{}: \"{}\" holds something that is no text", path, key);
    values.push_back(value.get<std::string>());
  }
  return values;
}

class Verifier {
 public:
  Verifier(FileSystem& files, const Checkpoint& output, const Checkpoint* against)
      : files_(files), output_(output), against_(against) {}

  VerifyReport run() {
    check("containers", [&] { return containers(); });
    check("codes", [&] { return codes(); });
    check("tensors", [&] { return tensors(); });
    check("modules", [&] { return modules(); });
    check("matching", [&] { return matching(); });
    check("fused", [&] { return fused(); });
    check("kernels", [&] { return kernels(); });
    check("config", [&] { return config(); });
    check("side files", [&] { return side_files(); });
    check("round trip", [&] { return check_round_trip(files_, output_); });
    return std::move(report_);
  }

 private:
  // A check returns what it looked at, or throws Error with what is wrong.
  template <class Body>
  void check(const std::string& name, const Body& body) {
    try {
      report_.checks.push_back({name, true, body()});
    } catch (const Error& error) {
      report_.checks.push_back({name, false, error.message()});
    }
  }

  // Opening has applied the header rules and compared index and shards; here what it left out, and the sizes
  // that the index promises.
  std::string containers() const {
    const auto& left_out = output_.files->warnings();
    require(left_out.empty(), ErrorKind::input, "{}", left_out.empty() ? "" : left_out.front());
    std::uint64_t bytes = 0;
    for (const auto& info : output_.files->list()) bytes += info.bytes;
    const std::string path = join_path(output_.directory, "model.safetensors.index.json");
    if (files_.stat(path).exists) {
      const Json index = parse_json(read_file(files_, path, kSmallFile), path);
      const std::int64_t promised =
          has(index, "metadata") ? get_int_or(index["metadata"], "total_size", -1, path) : -1;
      require(promised == static_cast<std::int64_t>(bytes), ErrorKind::input,
              "{}: total_size is {}, the shards hold {}", path, promised, bytes);
    }
    return fmt::format("{} tensors, {} bytes", output_.files->list().size(), bytes);
  }

  // Reads every quantized module back: codes in range, scales finite and positive, and both as they left the
  // run.
  std::string codes() {
    if (!output_.format) return "a float directory";
    const auto& hashes = record().modules;
    std::size_t count = 0;
    for (const auto& module : output_.modules) {
      if (!module.scheme) continue;
      const QuantizedTensor q = output_.format->read(module, *output_.files);
      ++count;
      if (!hashes.empty()) {
        const auto known = hashes.find(module.module);
        require(known != hashes.end(), ErrorKind::input,
                "\"{}\" is quantized, but run.jsonl does not say that the run quantized it", module.module);
        require(known->second == hash_of(q), ErrorKind::input,
                "\"{}\" reads back other codes or scales than the run wrote", module.module);
      }
      if (against_) measure(module, q);
    }
    return fmt::format("{} modules read back, {}", count,
                       hashes.empty() ? record().not_compared() : "all equal to what the run wrote");
  }

  void measure(const ModuleFacts& module, const QuantizedTensor& q) {
    const Tensor w = against_->source()
                         .read(against_->source().at(module.module + ".weight"))
                         .reshape({module.rows, module.columns});
    const Distortion d = distortion(w, q);
    report_.errors.push_back({module.module, d.mse, d.sqnr_db});
  }

  const RunRecord& record() {
    if (record_) return *record_;
    RunRecord record;
    const std::string path = join_path(output_.directory, "run.jsonl");
    record.found = files_.stat(path).exists;
    const std::string text = record.found ? read_file(files_, path, kSmallFile) : "";
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      const Json line = parse_json(std::string_view(text).substr(begin, end - begin), path);
      require(line.is_object(), ErrorKind::input, "{}: holds a line that is no record", path);
      add_line(line, path, record);
      begin = end + 1;
    }
    return record_.emplace(std::move(record));
  }

  void add_line(const Json& line, const std::string& path, RunRecord& record) const {
    const std::string kind = get_string_or(line, "kind", "", path);
    if (kind == "written")
      record.modules[get_string_or(line, "module", "", path)] = get_string_or(line, "hash", "", path);
    // A run that writes several formats records each; a directory of floats is of the one without codes.
    const bool codes = output_.format != nullptr;
    if (kind != "tensors" || get_bool_or(line, "codes", true, path) != codes) return;
    if (codes && get_string_or(line, "format", "", path) != output_.format->name()) return;
    const auto names = strings_of(line, "names", path), hashes = strings_of(line, "hashes", path);
    require(names.size() == hashes.size(), ErrorKind::input, "{}: {} tensors have {} hashes", path,
            names.size(), hashes.size());
    for (size_t i = 0; i < names.size(); ++i) record.tensors[names[i]] = hashes[i];
  }

  // The bytes of every tensor as they left the run, and of what no format made as they stand in the source.
  std::string tensors() {
    const auto& hashes = record().tensors;
    const std::set<std::string> made = made_by_format();
    std::size_t copied = 0;
    for (const auto& info : output_.files->list()) {
      const bool copy = against_ && !made.contains(info.name);
      if (hashes.empty() && !copy) continue;
      const std::string hash = hash_of_bytes(*output_.files, info);
      if (!hashes.empty()) {
        const auto known = hashes.find(info.name);
        require(known != hashes.end(), ErrorKind::input, "{}: tensor \"{}\" is none that the run wrote",
                info.place, info.name);
        require(known->second == hash, ErrorKind::input,
                "{}: tensor \"{}\" holds other bytes than the run wrote", info.place, info.name);
      }
      if (copy) compare_with_source(info, hash);
      copied += copy ? 1 : 0;
    }
    check_complete(hashes, made);
    return tensors_text(copied);
  }

  std::string tensors_text(std::size_t copied) {
    std::string text = record_->tensors.empty()
                           ? record_->not_compared()
                           : fmt::format("{} as the run wrote them", record_->tensors.size());
    if (against_) text += fmt::format("; {} plain ones equal to the source's", copied);
    if (against_ && !output_.format && record_->modules.empty())
      text += "; weights of linears not compared with the source: which were quantized is not recorded";
    return text;
  }

  // Names that stand for quantized modules, in the output or in the source.
  std::set<std::string> made_by_format() {
    std::set<std::string> names;
    const auto& recorded = record().modules;
    for (const auto& module : output_.modules) {
      const bool dense = !output_.format && (recorded.empty() || recorded.contains(module.module));
      if (module.scheme || dense) names.insert(module.module + ".weight");
      if (!module.scheme) continue;
      for (const auto& tensor : output_.format->tensors(module)) names.insert(tensor.name);
    }
    return names;
  }

  void compare_with_source(const TensorInfo& info, const std::string& hash) const {
    const TensorInfo* source = against_->files->find(info.name);
    require(source != nullptr, ErrorKind::input, "{}: tensor \"{}\" is none of the source", info.place,
            info.name);
    require(source->dtype == info.dtype && source->shape == info.shape &&
                hash_of_bytes(*against_->files, *source) == hash,
            ErrorKind::input, "{}: tensor \"{}\" is not quantized, but differs from the source's", info.place,
            info.name);
  }

  void check_complete(const std::map<std::string, std::string>& hashes,
                      const std::set<std::string>& made) const {
    for (const auto& [name, hash] : hashes) {
      require(output_.files->find(name) != nullptr, ErrorKind::input,
              "tensor \"{}\", which the run wrote, is missing", name);
    }
    if (!against_) return;
    for (const auto& info : against_->files->list()) {
      require(made.contains(info.name) || output_.files->find(info.name) != nullptr, ErrorKind::input,
              "tensor \"{}\" of the source is missing", info.name);
    }
  }

  // No module has both a plain and a quantized weight, none has neither.
  std::string modules() const {
    std::size_t quantized = 0, plain = 0;
    for (const auto& module : output_.modules) {
      const bool has_weight = output_.files->find(module.module + ".weight") != nullptr;
      bool weight_is_codes = false;
      if (module.scheme) {
        for (const auto& tensor : output_.format->tensors(module))
          weight_is_codes = weight_is_codes || tensor.name == module.module + ".weight";
      }
      require(module.scheme ? !has_weight || weight_is_codes : has_weight, ErrorKind::input, "\"{}\" has {}",
              module.module, module.scheme ? "both a plain and a quantized weight" : "no weight at all");
      ++(module.scheme ? quantized : plain);
    }
    return fmt::format("{} quantized, {} plain", quantized, plain);
  }

  // The config that this output's schemes call for is the config that stands there.
  std::string matching() const {
    if (!output_.format) return "a float directory";
    const Json expected = output_.format->config(output_.modules, output_.spec.graph.modules);
    const Json& found = output_.config["quantization_config"];
    for (const auto& [key, value] : expected.items()) {
      require(found.contains(key) && found[key] == value, ErrorKind::input,
              "config.json: quantization_config.{} is not what the tensors call for", key);
    }
    for (const auto& [key, value] : found.items()) {
      require(expected.contains(key), ErrorKind::input,
              "config.json: quantization_config.{} is none of its keys", key);
    }
    return fmt::format("{} groups, {} ignored patterns", found.value("config_groups", Json::object()).size(),
                       found.value("ignore", Json::array()).size());
  }

  // Engines fuse what reads one input and stands side by side: q, k, v and gate, up.
  std::string fused() const {
    std::map<std::string, const ModuleFacts*> by_module;
    for (const auto& module : output_.modules) by_module[module.module] = &module;
    std::size_t groups = 0;
    for (const auto& block : output_.spec.graph.blocks) {
      std::map<SpaceId, const ModuleFacts*> first;
      for (const auto& site : block.sites) {
        const ModuleFacts* module =
            by_module.at(module_of(block.slots[static_cast<size_t>(site.weight)].part.tensor));
        const auto [known, fresh] = first.emplace(site.input.space, module);
        groups += fresh ? 0 : 1;
        require(fresh || known->second->scheme == module->scheme, ErrorKind::input,
                "\"{}\" and \"{}\" read one input but have two schemes; engines fuse them",
                known->second->module, module->module);
      }
    }
    return fmt::format("{} pairs agree", groups);
  }

  std::string kernels() const {
    std::map<std::string, std::size_t> counts;
    for (const auto& module : output_.modules) {
      if (!module.scheme) continue;
      const auto verdicts = engines_for(output_.format->name(), module);
      std::string text;
      for (const auto& v : verdicts)
        text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", v.engine, v.kernel);
      ++counts[text.empty() ? "none: for evaluation" : text];
    }
    std::string detail;
    for (const auto& [engines, count] : counts)
      detail += fmt::format("{}{}: {}", detail.empty() ? "" : "; ", count, engines);
    return detail.empty() ? "nothing quantized" : detail;
  }

  std::string config() const {
    if (!against_) return "parses and opens as a model; not compared without --against";
    Json stripped = output_.config;
    stripped.erase("quantization_config");
    require(stripped == against_->config, ErrorKind::input,
            "config.json differs from the source by more than quantization_config");
    return "the source's, plus quantization_config";
  }

  std::string side_files() const {
    if (!against_) return "not checked without --against";
    std::size_t count = 0;
    for (const auto& name : files_.list(against_->directory)) {
      const std::string source = join_path(against_->directory, name),
                        copy = join_path(output_.directory, name);
      if (!is_side_file(name) || !files_.stat(source).regular) continue;
      require(files_.stat(copy).regular, ErrorKind::input, "{}: missing", copy);
      require(read_file(files_, source, kSmallFile) == read_file(files_, copy, kSmallFile), ErrorKind::input,
              "{}: differs from {}", copy, source);
      ++count;
    }
    return fmt::format("{} files equal to the source's", count);
  }

  FileSystem& files_;
  const Checkpoint& output_;
  const Checkpoint* against_;
  std::optional<RunRecord> record_;
  VerifyReport report_;
};

bool holds(FileSystem& files, const std::string& directory, const char* name) {
  return files.stat(join_path(directory, name)).exists;
}

}  // namespace

bool VerifyReport::passed() const {
  return std::all_of(checks.begin(), checks.end(), [](const Check& c) { return c.passed; });
}

Json to_json(const VerifyReport& report) {
  Json checks = Json::array(), errors = Json::array();
  for (const auto& c : report.checks)
    checks.push_back({{"check", c.name}, {"passed", c.passed}, {"detail", c.detail}});
  for (const auto& e : report.errors)
    errors.push_back({{"module", e.module},
                      {"mse", e.mse},
                      {"sqnr_db", std::isfinite(e.sqnr_db) ? Json(e.sqnr_db) : Json()}});
  return {{"passed", report.passed()}, {"checks", checks}, {"errors", errors}};
}

VerifyReport verify_output(FileSystem& files, const Checkpoint& output, const Checkpoint* against) {
  require(output.format || holds(files, output.directory, "run.jsonl") ||
              holds(files, output.directory, "recipe.resolved.yaml"),
          ErrorKind::unsupported, "{}: is not quantized; give a directory that quantize wrote",
          output.directory);
  return Verifier(files, output, against).run();
}

void refuse_several_outputs(FileSystem& files, const std::string& directory) {
  if (!files.stat(directory).directory || holds(files, directory, "config.json")) return;
  std::vector<std::string> outputs;
  for (const auto& name : files.list(directory)) {
    const std::string below = join_path(directory, name);
    if (files.stat(below).directory && holds(files, below, "config.json")) outputs.push_back(below);
  }
  require(outputs.empty(), ErrorKind::input, "{}: holds an output for each format; give one of them: {}",
          directory, fmt::join(outputs, ", "));
}

}  // namespace halftone
