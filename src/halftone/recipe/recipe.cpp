#include "halftone/recipe/recipe.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace halftone {
namespace {

struct ReadScheme {
  WeightScheme weight;
  bool has_input = false;
  InputScheme input;
};

void read_weight(const Value& map, const std::string& where, WeightScheme& weight, Faults& faults) {
  ParamReader reader(map, where, faults);
  std::int64_t bits = weight.bits;
  reader.field("bits", bits, {2, 8}, "");
  weight.bits = static_cast<int>(bits);
  reader.choice<NumberKind>("type", weight.kind,
                            {{"int", NumberKind::integer}, {"float", NumberKind::floating}}, "");
  reader.field("symmetric", weight.symmetric, "");
  const std::int64_t before = weight.group;
  reader.field("group", weight.group, {1, 1 << 20}, "");
  const bool grouped = map.find("group") != nullptr;
  if (grouped) weight.granularity = Granularity::group;
  reader.choice<Granularity>(
      "per", weight.granularity,
      {{"tensor", Granularity::tensor}, {"channel", Granularity::channel}, {"group", Granularity::group}}, "");
  if (grouped && weight.granularity != Granularity::group) {
    faults.add(map.place, where + " names both a group and another granularity");
    weight.group = before;
  }
  reader.finish();
  const bool floats = weight.kind == NumberKind::floating;
  if (floats && (weight.bits != 8 || !weight.symmetric || weight.granularity == Granularity::group)) {
    faults.add(map.place, where + ": float weights are \"bits: 8\", symmetric, per channel or tensor");
  }
}

void read_input(const Value& map, const std::string& where, std::optional<InputScheme>& out, Faults& faults) {
  InputScheme input = out.value_or(InputScheme{});
  ParamReader reader(map, where, faults);
  std::int64_t bits = input.bits;
  std::string per = "token";
  bool dynamic = true;
  reader.field("bits", bits, {4, 8}, "");
  input.bits = static_cast<int>(bits);
  reader.choice<NumberKind>("type", input.kind, {{"int", NumberKind::integer}, {"float", NumberKind::floating}},
                            "");
  reader.field("per", per, "");
  reader.field("dynamic", dynamic, "");
  reader.finish();
  if (per != "token" || !dynamic)
    faults.add(map.place, where + ": inputs are quantized dynamically, per token");
  if (input.kind == NumberKind::floating && input.bits != 8)
    faults.add(map.place, where + ": float inputs are 8 bits");
  out = input;
}

// A scheme's fields over `scheme` as it stands: used for schemes and for the overrides of rules.
void read_scheme(const Value& map, const std::string& where, Scheme& scheme, Faults& faults) {
  if (const Value* weight = map.find("weight")) read_weight(*weight, where + ".weight", scheme.weight, faults);
  if (const Value* input = map.find("input")) {
    if (input->kind == Value::Kind::null) {
      scheme.input.reset();
    } else {
      read_input(*input, where + ".input", scheme.input, faults);
    }
  }
}

void read_schemes(const Value* list, Recipe& recipe, Faults& faults) {
  if (!list) return;
  if (list->kind != Value::Kind::map)
    return faults.add(list->place, "schemes: expected names with their schemes");
  for (const auto& [name, value] : list->fields) {
    const std::string where = "schemes." + name;
    ParamReader reader(value, where, faults);
    reader.raw("weight", "");
    reader.raw("input", "");
    reader.finish();
    Scheme scheme;
    read_scheme(value, where, scheme, faults);
    if (name == "keep") {
      faults.add(value.place, "schemes.keep: \"keep\" means to leave a site as it is");
    } else if (value.kind == Value::Kind::map && value.fields.empty()) {
      faults.add(value.place, where + " is empty; give weight.bits");
    }
    recipe.schemes[name] = scheme;
  }
}

void read_rule(const Value& item, const std::string& where, Recipe& recipe, Faults& faults) {
  AssignRule rule;
  rule.place = item.place;
  ParamReader reader(item, where, faults);
  reader.field("site", rule.selector, "");
  reader.field("scheme", rule.scheme, "");
  reader.raw("weight", "");
  reader.raw("input", "");
  reader.finish();
  if (item.kind != Value::Kind::map) return;
  if (rule.selector.empty()) faults.add(item.place, where + " has no site");
  if (rule.scheme.empty()) faults.add(item.place, where + " has no scheme (\"keep\" leaves sites as they are)");
  if (rule.scheme != "keep" && !rule.scheme.empty()) {
    const auto found = recipe.schemes.find(rule.scheme);
    if (found == recipe.schemes.end()) {
      std::vector<std::string> names = {"keep"};
      for (const auto& [name, scheme] : recipe.schemes) names.push_back(name);
      faults.add(item.place, fmt::format("{}: scheme \"{}\" is unknown, known are {}", where, rule.scheme,
                                         fmt::join(names, ", ")));
    } else {
      rule.value = found->second;
      read_scheme(item, where, *rule.value, faults);
    }
  }
  recipe.assign.push_back(std::move(rule));
}

void read_assign(const Value* list, Recipe& recipe, Faults& faults) {
  if (!list) return;
  if (list->kind != Value::Kind::list)
    return faults.add(list->place, "assign: expected a list of {site, scheme}");
  for (size_t i = 0; i < list->items.size(); ++i) {
    read_rule(list->items[i], fmt::format("assign[{}]", i), recipe, faults);
  }
}

void read_methods(const Value* list, Recipe& recipe, Faults& faults) {
  if (!list) return;
  if (list->kind != Value::Kind::list) return faults.add(list->place, "methods: expected a list");
  for (const auto& item : list->items) {
    if (item.kind == Value::Kind::scalar) {
      recipe.methods.push_back({item.text, Value(), item.place});
    } else if (item.kind == Value::Kind::map && item.fields.size() == 1) {
      recipe.methods.push_back({item.fields[0].first, item.fields[0].second, item.field_places[0]});
    } else {
      faults.add(item.place, "methods: expected a name, or one name with its parameters");
    }
  }
}

void read_data(const Value* value, CalibrationOptions& calibration, Faults& faults) {
  if (!value) return;
  const auto read_one = [&](const Value& item) {
    if (item.kind == Value::Kind::scalar) {
      calibration.data.emplace_back().path = item.text;
      return;
    }
    calibration.data.push_back(read_params<DataSource>(item, "calibration.data", faults));
    if (item.kind == Value::Kind::map && calibration.data.back().path.empty())
      faults.add(item.place, "calibration.data: an entry has no path");
  };
  if (value->kind == Value::Kind::list) {
    for (const auto& item : value->items) read_one(item);
  } else if (value->kind != Value::Kind::null) {
    read_one(*value);
  }
}

void read_output(const Value& map, Recipe& recipe, Faults& faults) {
  OutputOptions output;
  output.place = map.place;
  std::string shard;
  ParamReader reader(map, "output", faults);
  reader.field("format", output.format, "");
  reader.field("shard", shard, "");
  reader.finish();
  if (!shard.empty()) {
    const auto bytes = parse_bytes(shard);
    if (bytes && *bytes > 0) {
      output.shard = *bytes;
    } else {
      faults.add(map.place, fmt::format("output.shard is \"{}\", expected a size such as 4GiB", shard));
    }
  }
  recipe.outputs.push_back(output);
}

void read_outputs(const Value* value, Recipe& recipe, Faults& faults) {
  if (value && value->kind == Value::Kind::list) {
    for (const auto& item : value->items) read_output(item, recipe, faults);
    if (value->items.empty())
      faults.add(value->place, "output: the list is empty; leave the key out for the default");
  } else if (value) {
    read_output(*value, recipe, faults);
  }
  if (recipe.outputs.empty()) recipe.outputs.emplace_back();
  for (size_t i = 0; i < recipe.outputs.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (recipe.outputs[i].format == recipe.outputs[j].format) {
        faults.add(value->place, fmt::format("output: format {} is listed twice", recipe.outputs[i].format));
      }
    }
  }
}

void check_limits(const Value* limits, const Recipe& recipe, Faults& faults) {
  if (!limits) return;
  for (size_t i = 0; i < limits->fields.size(); ++i) {
    const std::string& name = limits->fields[i].first;
    if (name != "kl" && name != "top1")
      faults.add(limits->field_places[i], fmt::format("limits.{} is unknown; known: kl, top1", name));
  }
  if (recipe.limits.contains("top1") && recipe.limits.at("top1") > 1)
    faults.add(limits->place, "limits.top1 is a share, 0 to 1");
}

}  // namespace

Recipe read_recipe(const Value& root, Faults& faults) {
  Recipe recipe;
  recipe.place = {root.place.file, 0, 0};
  ParamReader reader(root, "the recipe", faults);
  std::int64_t version = 0;
  reader.field("version", version, {1, 1}, "");
  if (version != 1) faults.add(root.place, "the recipe needs \"version: 1\"");
  if (const Value* calibration = reader.raw("calibration", "")) {
    recipe.calibration = read_params<CalibrationOptions>(*calibration, "calibration", faults);
    read_data(calibration->find("data"), recipe.calibration, faults);
  }
  if (const Value* quality = reader.raw("quality", "")) {
    recipe.quality = read_params<QualityOptions>(*quality, "quality", faults);
  }
  read_schemes(reader.raw("schemes", ""), recipe, faults);
  read_assign(reader.raw("assign", ""), recipe, faults);
  read_methods(reader.raw("methods", ""), recipe, faults);
  read_outputs(reader.raw("output", ""), recipe, faults);
  reader.field("limits", recipe.limits, {0.0, 1e9}, "");
  check_limits(root.find("limits"), recipe, faults);
  reader.choice<std::string>("compute", recipe.compute,
                             {{"auto", "auto"}, {"float32", "float32"}, {"bfloat16", "bfloat16"}}, "");
  reader.choice<Propagate>("propagate", recipe.propagate,
                           {{"quantized", Propagate::quantized}, {"reference", Propagate::reference}}, "");
  reader.field("micro_batch", recipe.micro_batch, {1, 1 << 24}, "");
  reader.finish();
  return recipe;
}

std::optional<std::int64_t> parse_bytes(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !(value >= 0)) return std::nullopt;
  const std::string unit(end, text.data() + text.size());
  const std::map<std::string, double> units = {
      {"", 1},      {"B", 1},        {"KB", 1e3},        {"MB", 1e6},           {"GB", 1e9},
      {"TB", 1e12}, {"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0}};
  const auto found = units.find(unit);
  if (found == units.end() || value * found->second > 9e18) return std::nullopt;
  return static_cast<std::int64_t>(value * found->second);
}

}  // namespace halftone
