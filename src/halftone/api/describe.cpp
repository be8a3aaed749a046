#include <algorithm>

#include "halftone/api/api.h"
#include "halftone/api/lists.h"
#include "halftone/api/profiles.h"
#include "halftone/base/error.h"
#include "halftone/recipe/recipe.h"

namespace halftone::api {
namespace {

Json params_json(const std::vector<ParamInfo>& params) {
  Json list = Json::array();
  for (const auto& p : params)
    list.push_back(
        {{"name", p.name}, {"type", p.type}, {"default", p.fallback}, {"range", p.range}, {"help", p.help}});
  return list;
}

Json families() {
  Json list = Json::array();
  for (const auto& family : all_families())
    list.push_back(
        {{"name", fmt::format("{}", fmt::join(family->model_types(), ", "))}, {"summary", family->summary()}});
  return list;
}

Json methods() {
  Json list = Json::array();
  for (const auto& plugin : all_methods()) list.push_back({{"name", plugin.name}, {"summary", plugin.summary}});
  return list;
}

Json formats() {
  Json list = Json::array();
  for (const auto& format : all_formats())
    list.push_back({{"name", format->name()}, {"summary", format->summary()}});
  return list;
}

Json tasks() {
  Json list = Json::array();
  for (const auto& task : all_tasks()) list.push_back({{"name", task->name()}, {"summary", task->summary()}});
  return list;
}

Json profiles() {
  Json list = Json::array();
  for (const auto& [name, text] : built_in_profiles())
    list.push_back({{"name", name}, {"summary", get_string_or(parse_json(text, name), "summary", "", name)}});
  return list;
}

// The first line of a preset is a comment that says what it is.
std::string first_comment(const std::string& text) {
  return text.starts_with("# ") ? text.substr(2, text.find('\n') - 2) : "";
}

Json presets() {
  Json list = Json::array();
  for (const auto& name : preset_names())
    list.push_back({{"name", name}, {"summary", first_comment(*preset_text(name))}});
  return list;
}

Json topics() {
  return {{{"name", "families"}, {"summary", "models that can be read"}},
          {{"name", "methods"}, {"summary", "how weights are quantized"}},
          {{"name", "formats"}, {"summary", "what is written"}},
          {{"name", "tasks"}, {"summary", "what eval scores"}},
          {{"name", "profiles"}, {"summary", "how a harness asks and limits pictures and answers"}},
          {{"name", "presets"}, {"summary", "recipes that come with halftone"}},
          {{"name", "recipe"}, {"summary", "keys of calibration and quality"}}};
}

}  // namespace

Json describe(const std::string& topic) {
  if (topic.empty()) return {{"list", topics()}};
  if (topic == "families") return {{"list", families()}};
  if (topic == "methods") return {{"list", methods()}};
  if (topic == "formats") return {{"list", formats()}};
  if (topic == "tasks") return {{"list", tasks()}};
  if (topic == "profiles") return {{"list", profiles()}};
  if (topic == "presets") return {{"list", presets()}};
  if (topic == "recipe") {
    Json params = params_json(describe_params<CalibrationOptions>());
    for (auto& p : params) p["name"] = "calibration." + p["name"].get<std::string>();
    for (auto& p : params_json(describe_params<QualityOptions>())) {
      p["name"] = "quality." + p["name"].get<std::string>();
      params.push_back(p);
    }
    return {{"summary", "keys of a recipe"}, {"params", params}};
  }
  for (const auto& plugin : all_methods()) {
    if (plugin.name == topic) return {{"summary", plugin.summary}, {"params", params_json(plugin.params)}};
  }
  for (const auto& [name, text] : built_in_profiles()) {
    if (name == topic)
      return {{"summary", get_string_or(parse_json(text, name), "summary", "", name)}, {"text", text}};
  }
  for (const Json& list : {formats(), families(), tasks()}) {
    for (const auto& entry : list) {
      if (entry["name"] == topic) return {{"summary", entry["summary"]}};
    }
  }
  if (const auto text = preset_text(topic)) return {{"summary", first_comment(*text)}, {"text", *text}};
  std::vector<std::string> known = preset_names();
  for (const Json& list : {topics(), methods(), formats(), families(), tasks(), profiles()}) {
    for (const auto& entry : list) known.push_back(entry["name"].get<std::string>());
  }
  const std::string near = nearest(topic, known);
  fail(ErrorKind::usage, "nothing is called \"{}\"{}", topic,
       near.empty() ? "; halftone describe lists what there is" : fmt::format("; did you mean \"{}\"?", near));
}

}  // namespace halftone::api
