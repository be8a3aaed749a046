#include "halftone/engine/verifier.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "halftone/base/error.h"
#include "halftone/engine/engines.h"
#include "halftone/engine/output_directory.h"
#include "halftone/engine/round_trip_check.h"
#include "halftone/engine/writer.h"
#include "halftone/quant/distortion.h"

namespace halftone {
namespace {

constexpr std::uint64_t kSmallFile = 1u << 30;

class Verifier {
 public:
  Verifier(FileSystem& files, const Checkpoint& output, const Checkpoint* against)
      : files_(files), output_(output), against_(against) {}

  VerifyReport run() {
    check("containers", [&] { return containers(); });
    check("codes", [&] { return codes(); });
    check("modules", [&] { return modules(); });
    check("matching", [&] { return matching(); });
    check("fused", [&] { return fused(); });
    check("kernels", [&] { return kernels(); });
    check("config", [&] { return config(); });
    if (against_) check("side files", [&] { return side_files(); });
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

  // Opening has applied the header rules and compared index and shards; here the sizes that the index promises.
  std::string containers() const {
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
    const std::map<std::string, std::string> hashes = written_hashes();
    std::size_t compared = 0, count = 0;
    for (const auto& module : output_.modules) {
      if (!module.scheme) continue;
      const QuantizedTensor q = output_.format->read(module, *output_.files);
      ++count;
      const auto known = hashes.find(module.module);
      if (known != hashes.end()) {
        require(known->second == hash_of(q), ErrorKind::input,
                "\"{}\" reads back other codes or scales than the run wrote", module.module);
        ++compared;
      }
      if (against_) measure(module, q);
    }
    return fmt::format("{} modules read back, {} equal to what the run wrote", count, compared);
  }

  void measure(const ModuleFacts& module, const QuantizedTensor& q) {
    const Tensor w = against_->source()
                         .read(against_->source().at(module.module + ".weight"))
                         .reshape({module.rows, module.columns});
    const Distortion d = distortion(w, q);
    report_.errors.push_back({module.module, d.mse, d.sqnr_db});
  }

  std::map<std::string, std::string> written_hashes() const {
    std::map<std::string, std::string> hashes;
    const std::string path = join_path(output_.directory, "run.jsonl");
    if (!files_.stat(path).exists) return hashes;
    const std::string text = read_file(files_, path, kSmallFile);
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      const Json line = parse_json(std::string_view(text).substr(begin, end - begin), path);
      if (get_string_or(line, "kind", "", path) == "written")
        hashes[get_string_or(line, "module", "", path)] = get_string_or(line, "hash", "", path);
      begin = end + 1;
    }
    return hashes;
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
    for (const char* key : {"config_groups", "ignore"}) {
      require(expected.value(key, Json()) == found.value(key, Json()), ErrorKind::input,
              "config.json: quantization_config.{} is not what the tensors call for", key);
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
    if (!against_) return "parses and opens as a model";
    Json stripped = output_.config;
    stripped.erase("quantization_config");
    require(stripped == against_->config, ErrorKind::input,
            "config.json differs from the source by more than quantization_config");
    return "the source's, plus quantization_config";
  }

  std::string side_files() const {
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
  VerifyReport report_;
};

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
  return Verifier(files, output, against).run();
}

}  // namespace halftone
