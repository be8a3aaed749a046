// compressed-tensors, as vLLM, SGLang and transformers read it: pack-quantized, int-quantized, float-quantized.
// Layout and matching rules: github.com/vllm-project/compressed-tensors; 3, 5, 6 and 7 bits in its dense
// layout.
#include <algorithm>
#include <cmath>
#include <regex>
#include <set>

#include <ATen/ops/tensor.h>

#include "halftone/base/error.h"
#include "halftone/plugin/format.h"
#include "halftone/quant/bitpack.h"
#include "halftone/tensor/dtype.h"

namespace halftone {
namespace {

// The format of compressed-tensors that holds a scheme.
const char* layout_of(const Scheme& scheme) {
  if (scheme.weight.kind == NumberKind::floating) return "float-quantized";
  return scheme.input ? "int-quantized" : "pack-quantized";
}

bool packed(const Scheme& scheme) { return std::string_view(layout_of(scheme)) == "pack-quantized"; }

const char* strategy_of(Granularity granularity) {
  switch (granularity) {
    case Granularity::tensor: return "tensor";
    case Granularity::channel: return "channel";
    case Granularity::group: return "group";
  }
  return "";
}

// ---- config.json

Json weight_arguments(const WeightScheme& w) {
  return {{"num_bits", w.bits},
          {"type", w.kind == NumberKind::floating ? "float" : "int"},
          {"symmetric", w.symmetric},
          {"strategy", strategy_of(w.granularity)},
          {"group_size", w.granularity == Granularity::group ? Json(w.group) : Json()},
          {"block_structure", nullptr},
          {"dynamic", false},
          {"actorder", nullptr},
          {"observer", "minmax"},
          {"observer_kwargs", Json::object()}};
}

Json input_arguments(const std::optional<InputScheme>& input) {
  if (!input) return nullptr;
  return {{"num_bits", input->bits}, {"type", input->kind == NumberKind::floating ? "float" : "int"},
          {"symmetric", true},       {"strategy", "token"},
          {"group_size", nullptr},   {"block_structure", nullptr},
          {"dynamic", true},         {"actorder", nullptr},
          {"observer", nullptr},     {"observer_kwargs", Json::object()}};
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view(R"(\^$.|?*+()[]{})").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// Whether a target or ignore entry names a linear: its class, its exact path, or a regex from the path's start.
bool names_module(const std::string& entry, const std::string& module) {
  if (entry == "Linear") return true;
  if (!entry.starts_with("re:")) return entry == module;
  try {
    const std::regex regex(entry.substr(3));
    return std::regex_search(module, regex, std::regex_constants::match_continuous);
  } catch (const std::regex_error&) {
    fail(ErrorKind::unsupported, "quantization_config: pattern \"{}\" is not understood", entry);
  }
}

// A regex for one module that also matches the names other loaders give it.
std::string module_pattern(const ModuleFacts& module, const std::map<Stage, ModuleNames>& names) {
  const ModuleNames& stage = names.at(module.stage);
  HALFTONE_ASSERT(module.tied || module.module.starts_with(stage.prefix));
  const std::string rest = module.tied ? "" : module.module.substr(stage.prefix.size());
  return "re:" + stage.pattern + escaped(rest) + "$";
}

// Stages without a quantized linear are ignored by one pattern each, others linear by linear: also those whose
// pattern would name a quantized linear of another stage (a projector inside the tower).
std::map<Stage, std::string> stage_patterns(const std::vector<ModuleFacts>& modules,
                                            const std::map<Stage, ModuleNames>& names) {
  std::map<Stage, std::string> patterns;
  for (const auto& [stage, name] : names) {
    const std::string pattern = "re:" + name.pattern + ".*";
    const bool touched = std::any_of(modules.begin(), modules.end(), [&, at = stage](const ModuleFacts& m) {
      return m.scheme && (m.stage == at || names_module(pattern, m.module));
    });
    if (!touched) patterns[stage] = pattern;
  }
  return patterns;
}

Json ignore_list(const std::vector<ModuleFacts>& modules, const std::map<Stage, ModuleNames>& names) {
  const std::map<Stage, std::string> whole = stage_patterns(modules, names);
  Json list = Json::array();
  std::set<std::string> seen;
  for (const auto& module : modules) {
    if (module.scheme || module.convolution) continue;
    const auto stage = whole.find(module.stage);
    const std::string pattern = stage == whole.end() ? module_pattern(module, names) : stage->second;
    if (seen.insert(pattern).second) list.push_back(pattern);
  }
  return list;
}

Json groups(const std::vector<ModuleFacts>& modules, const std::map<Stage, ModuleNames>& names) {
  std::vector<std::pair<Scheme, Json>> found;  // scheme and its modules, in order of appearance
  for (const auto& module : modules) {
    if (!module.scheme) continue;
    auto at = std::find_if(found.begin(), found.end(),
                           [&](const auto& entry) { return entry.first == *module.scheme; });
    if (at == found.end()) at = found.insert(found.end(), {*module.scheme, Json::array()});
    at->second.push_back(module_pattern(module, names));
  }
  Json result = Json::object();
  for (size_t i = 0; i < found.size(); ++i) {
    const auto& [scheme, targets] = found[i];
    result[fmt::format("group_{}", i)] = {{"targets", found.size() == 1 ? Json::array({"Linear"}) : targets},
                                          {"weights", weight_arguments(scheme.weight)},
                                          {"input_activations", input_arguments(scheme.input)},
                                          {"output_activations", nullptr},
                                          {"format", layout_of(scheme)}};
  }
  return result;
}

// ---- reading a config back

Granularity granularity_of(const Json& arguments, const std::string& where) {
  const std::int64_t group = get_int_or(arguments, "group_size", 0, where);
  const std::string strategy = get_string_or(arguments, "strategy",
                                             group > 0   ? "group"
                                             : group < 0 ? "channel"
                                                         : "tensor",
                                             where);
  if (strategy == "tensor") return Granularity::tensor;
  if (strategy == "channel") return Granularity::channel;
  require(strategy == "group", ErrorKind::unsupported, "{}: strategy \"{}\" is not read here", where, strategy);
  require(group > 0, ErrorKind::input, "{}: a group_size of {} cannot be", where, group);
  return Granularity::group;
}

NumberKind kind_of(const Json& arguments, const std::string& where) {
  const std::string type = get_string_or(arguments, "type", "int", where);
  require(type == "int" || type == "float", ErrorKind::unsupported, "{}: type \"{}\" is not read here", where,
          type);
  return type == "int" ? NumberKind::integer : NumberKind::floating;
}

int bits_of(const Json& arguments, const std::string& where) {
  const std::int64_t bits = get_int(arguments, "num_bits", where);
  require(bits >= 2 && bits <= 8, ErrorKind::unsupported, "{}: {} bits are not read here", where, bits);
  return static_cast<int>(bits);
}

Scheme read_scheme(const Json& group, const std::string& where) {
  require(has(group, "weights"), ErrorKind::unsupported, "{}: a group without weights is not read here", where);
  const Json& weights = group["weights"];
  Scheme scheme;
  scheme.weight.bits = bits_of(weights, where);
  scheme.weight.kind = kind_of(weights, where);
  scheme.weight.symmetric = get_bool_or(weights, "symmetric", true, where);
  scheme.weight.granularity = granularity_of(weights, where);
  scheme.weight.group = get_int_or(weights, "group_size", 128, where);
  const std::string order = get_string_or(weights, "actorder", "", where);
  require(order != "group" && order != "dynamic", ErrorKind::unsupported,
          "{}: actorder \"{}\" is not read here", where, order);
  require(scheme.weight.kind == NumberKind::integer || scheme.weight.bits == 8, ErrorKind::unsupported,
          "{}: floats of {} bits are not read here", where, scheme.weight.bits);
  if (!has(group, "input_activations")) return scheme;
  const Json& input = group["input_activations"];
  scheme.input = InputScheme{bits_of(input, where), kind_of(input, where)};
  require(get_bool_or(input, "dynamic", false, where) &&
              get_string_or(input, "strategy", "token", where) == "token",
          ErrorKind::unsupported, "{}: inputs other than dynamic per token are not read here", where);
  return scheme;
}

bool any_names(const Json& list, const std::string& module) {
  return list.is_array() && std::any_of(list.begin(), list.end(), [&](const Json& entry) {
           return entry.is_string() && names_module(entry.get<std::string>(), module);
         });
}

// ---- tensors

bool has_codes(const ModuleFacts& m, const TensorSource& source) {
  const TensorInfo* weight = source.find(m.module + ".weight");
  return source.find(m.module + ".weight_packed") || (weight && dtype_bytes(weight->dtype) == 1);
}

std::int64_t groups_of(const ModuleFacts& m) {
  return m.columns / m.scheme->weight.columns_per_scale(m.columns);
}

bool one_scale(const ModuleFacts& m) { return m.scheme->weight.granularity == Granularity::tensor; }

std::vector<std::int64_t> scale_shape(const ModuleFacts& m) {
  return one_scale(m) ? std::vector<std::int64_t>{1} : std::vector<std::int64_t>{m.rows, groups_of(m)};
}

Tensor read_checked(TensorSource& source, const std::string& name, at::IntArrayRef shape, at::ScalarType type) {
  const TensorInfo& info = source.at(name);
  require(at::IntArrayRef(info.shape) == shape && to_scalar_type(info.dtype) == type, ErrorKind::input,
          "{}: tensor \"{}\" is {} [{}], expected {} [{}]", info.place, name, dtype_name(info.dtype),
          fmt::join(info.shape, ", "), dtype_name(to_dtype(type)), fmt::join(shape, ", "));
  return source.read(info);
}

Tensor read_scale(const ModuleFacts& m, TensorSource& source) {
  const std::string name = m.module + ".weight_scale";
  const TensorInfo& info = source.at(name);
  const bool real = info.dtype == DType::bf16 || info.dtype == DType::f16 || info.dtype == DType::f32;
  require(real, ErrorKind::input, "{}: tensor \"{}\" is {}, a scale is BF16, F16 or F32", info.place, name,
          dtype_name(info.dtype));
  Tensor scale = read_checked(source, name, scale_shape(m), to_scalar_type(info.dtype)).to(at::kFloat);
  const bool sound = scale.isfinite().all().item<bool>() && scale.gt(0).all().item<bool>();
  require(sound, ErrorKind::input, "{}: tensor \"{}\" holds a scale that is not a positive number", info.place,
          name);
  return one_scale(m) ? scale.view({1, 1}).expand({m.rows, 1}).contiguous() : scale;
}

class CompressedTensors final : public Format {
 public:
  std::string name() const override { return "compressed_tensors"; }
  std::string summary() const override {
    return "compressed-tensors: pack-quantized, int-quantized and float-quantized, for vLLM, SGLang, "
           "transformers";
  }

  std::optional<std::string> refuse(const ModuleFacts& m) const override {
    const Scheme& scheme = *m.scheme;
    const WeightScheme& w = scheme.weight;
    if (m.convolution) return "compressed-tensors quantizes linears only, this is a patch convolution";
    if (m.tied) return "the head shares its tensor with the token embedding";
    if (w.granularity == Granularity::group && m.columns % w.group != 0) {
      return fmt::format("groups of {} do not divide its {} input columns", w.group, m.columns);
    }
    const bool integer_input = scheme.input && scheme.input->kind == NumberKind::integer;
    if (scheme.input && (w.kind == NumberKind::floating) == integer_input) {
      return "weights and inputs must both be integers or both be floats";
    }
    if (packed(scheme) && w.granularity == Granularity::tensor)
      return "pack-quantized has one scale a row or a group";
    if (integer_input && !w.symmetric) return "int-quantized weights are symmetric";
    if (w.kind == NumberKind::integer && w.bits != 4 && w.bits != 8 && !packed(scheme))
      return "int-quantized weights have 4 or 8 bits";
    return std::nullopt;
  }

  std::vector<TensorPlan> tensors(const ModuleFacts& m) const override {
    const WeightScheme& w = m.scheme->weight;
    const TensorPlan scale{m.module + ".weight_scale", w.scale_dtype, scale_shape(m)};
    if (!packed(*m.scheme)) {
      const DType codes = w.kind == NumberKind::floating ? DType::f8_e4m3 : DType::i8;
      return {{m.module + ".weight", codes, {m.rows, m.columns}}, scale};
    }
    std::vector<TensorPlan> plan = {
        {m.module + ".weight_packed", DType::i32, {m.rows, packed_words(m.columns, w.bits)}},
        scale,
        {m.module + ".weight_shape", DType::i64, {2}}};
    if (!w.symmetric) {
      plan.push_back(
          {m.module + ".weight_zero_point", DType::i32, {packed_words(m.rows, w.bits), groups_of(m)}});
    }
    return plan;
  }

  void write(const ModuleFacts& m, const QuantizedTensor& q, SafetensorsSink& sink) const override {
    const WeightScheme& w = m.scheme->weight;
    const Tensor scale = one_scale(m) ? q.scale.narrow(0, 0, 1).view({1}) : q.scale;
    if (packed(*m.scheme)) {
      sink.write(m.module + ".weight_packed", pack_rows(q.codes, w.bits));
      sink.write(m.module + ".weight_shape", at::tensor({m.rows, m.columns}, at::kLong));
      if (!w.symmetric) {
        sink.write(m.module + ".weight_zero_point", pack_rows(q.zero.t(), w.bits).t().contiguous());
      }
    } else {
      sink.write(m.module + ".weight", q.codes);
    }
    sink.write(m.module + ".weight_scale", scale.to(to_scalar_type(w.scale_dtype)));
  }

  QuantizedTensor read(const ModuleFacts& m, TensorSource& source) const override {
    const WeightScheme& w = m.scheme->weight;
    QuantizedTensor q{w, {}, read_scale(m, source), {}};
    if (packed(*m.scheme)) {
      const std::string name = m.module + ".weight_packed";
      const Tensor words = read_checked(source, name, {m.rows, packed_words(m.columns, w.bits)}, at::kInt);
      q.codes = unpack_rows(words, w.bits, m.columns);
      const Tensor shape = read_checked(source, m.module + ".weight_shape", {2}, at::kLong);
      require(shape[0].item<std::int64_t>() == m.rows && shape[1].item<std::int64_t>() == m.columns,
              ErrorKind::input, "tensor \"{}.weight_shape\" does not hold [{}, {}]", m.module, m.rows,
              m.columns);
      if (!w.symmetric) {
        const Tensor zero = read_checked(source, m.module + ".weight_zero_point",
                                         {packed_words(m.rows, w.bits), groups_of(m)}, at::kInt);
        q.zero = unpack_rows(zero.t().contiguous(), w.bits, m.rows).t().contiguous();
      }
    } else {
      const auto type = w.kind == NumberKind::floating ? at::kFloat8_e4m3fn : at::kChar;
      q.codes = read_checked(source, m.module + ".weight", {m.rows, m.columns}, type);
      const bool sound = type == at::kChar ? q.codes.ge(w.code_min()).all().item<bool>() &&
                                                 q.codes.le(w.code_max()).all().item<bool>()
                                           : q.codes.to(at::kFloat).isfinite().all().item<bool>();
      require(sound, ErrorKind::input, "tensor \"{}.weight\" holds codes outside {} bits", m.module, w.bits);
    }
    return q;
  }

  Json config(const std::vector<ModuleFacts>& modules,
              const std::map<Stage, ModuleNames>& names) const override {
    const Json found = groups(modules, names);
    std::set<std::string> layouts;
    for (const auto& group : found) layouts.insert(group["format"].get<std::string>());
    return {{"quant_method", "compressed-tensors"},
            {"format", layouts.size() == 1 ? *layouts.begin() : "mixed-precision"},
            {"quantization_status", "compressed"},
            {"global_compression_ratio", nullptr},
            {"config_groups", found},
            {"ignore", ignore_list(modules, names)},
            {"kv_cache_scheme", nullptr},
            {"sparsity_config", Json::object()},
            {"transform_config", Json::object()},
            {"version", "0.14.0"}};
  }

  bool recognizes(const Json& config) const override {
    return has(config, "quantization_config") && get_string_or(config["quantization_config"], "quant_method",
                                                               "", "config.json") == "compressed-tensors";
  }

  void read_schemes(const Json& config, const TensorSource& source,
                    std::vector<ModuleFacts>& modules) const override {
    const Json& quantization = config["quantization_config"];
    require(has(quantization, "config_groups") && quantization["config_groups"].is_object(), ErrorKind::input,
            "config.json: quantization_config has no config_groups");
    for (auto& module : modules) {
      const TensorInfo* scale = source.find(module.module + ".weight_scale");
      if (any_names(quantization.value("ignore", Json::array()), module.module)) continue;
      require(scale || !has_codes(module, source), ErrorKind::input,
              "tensor \"{}.weight_scale\" is missing beside its codes", module.module);
      if (!scale) continue;
      for (const auto& [name, group] : quantization["config_groups"].items()) {
        require(group.is_object(), ErrorKind::input, "config.json: config_groups.{} is no group", name);
        if (!any_names(group.value("targets", Json::array()), module.module)) continue;
        module.scheme = read_scheme(group, "config_groups." + name);
        module.scheme->weight.scale_dtype = scale->dtype;
        break;
      }
      require(module.scheme.has_value(), ErrorKind::input,
              "\"{}\" has a scale, but no group of quantization_config names it", module.module);
      if (const auto reason = refuse(module))
        fail(ErrorKind::unsupported, "\"{}\": {}", module.module, *reason);
    }
  }
};

}  // namespace

std::unique_ptr<Format> make_compressed_tensors() { return std::make_unique<CompressedTensors>(); }

}  // namespace halftone
