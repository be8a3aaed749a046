#include "halftone/api/profiles.h"

#include <array>

#include "halftone/base/error.h"
#include "halftone/base/params.h"
#include "halftone/io/file.h"

namespace halftone {
namespace {

std::vector<std::string> profile_names() {
  std::vector<std::string> names;
  for (const auto& [name, text] : built_in_profiles()) names.push_back(name);
  return names;
}

std::vector<std::string> get_texts(const Json& list, const std::string& key, const std::string& origin) {
  require(list.is_array(), ErrorKind::input, "{}: \"{}\" is no list of texts", origin, key);
  std::vector<std::string> texts;
  for (const auto& item : list) {
    require(item.is_string(), ErrorKind::input, "{}: \"{}\" is no list of texts", origin, key);
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

std::int64_t at_least_one(const Json& entry, const std::string& key, const std::string& origin) {
  const std::int64_t value = get_int(entry, key, origin);
  require(value >= 1 && value < (std::int64_t{1} << 31), ErrorKind::input,
          "{}: \"{}\" is {}, at least 1 is needed", origin, key, value);
  return value;
}

void apply_key(const Json& entry, const std::string& key, const std::string& origin, TaskSettings& out) {
  if (key == "prompt") {
    out.prompt = get_string_or(entry, key, "", origin);
  } else if (key == "prompt_open") {
    out.prompt_open = get_string_or(entry, key, "", origin);
  } else if (key == "prompt_cjk") {
    out.prompt_cjk = get_string_or(entry, key, "", origin);
  } else if (key == "max_new_tokens") {
    out.max_new_tokens = at_least_one(entry, key, origin);
  } else if (key == "until") {
    out.until = get_texts(entry[key], key, origin);
  } else if (key == "min_pixels") {
    out.min_pixels = at_least_one(entry, key, origin);
  } else if (key == "max_pixels") {
    out.max_pixels = at_least_one(entry, key, origin);
  } else if (key == "max_tiles") {
    out.max_tiles = at_least_one(entry, key, origin);
  } else if (key == "rules") {
    require(entry[key].is_object(), ErrorKind::input, "{}: \"rules\" is no object", origin);
    for (const auto& [rule, value] : entry[key].items())
      out.rules[rule] = get_string_or(entry[key], rule, "", origin);
  } else {
    const std::string near = nearest(key, {"prompt", "prompt_open", "prompt_cjk", "max_new_tokens", "until",
                                           "min_pixels", "max_pixels", "max_tiles", "rules"});
    fail(ErrorKind::input, "{}: unknown key \"{}\"{}", origin, key,
         near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near));
  }
}

void apply(const Profile& profile, const std::string& task, const std::string& model_type, TaskSettings& out) {
  const Json& tasks = profile.json["tasks"];
  if (!has(tasks, task) || !has(tasks[task], model_type)) return;
  const std::string origin = fmt::format("{}, {} of {}", profile.origin, model_type, task);
  for (const auto& [key, value] : tasks[task][model_type].items())
    apply_key(tasks[task][model_type], key, origin, out);
}

// Every part once, so that a mistake is found whatever task is run.
void check_profile(const Profile& profile) {
  require(profile.json.is_object() && has(profile.json, "tasks") && profile.json["tasks"].is_object(),
          ErrorKind::input, "{}: no profile: \"tasks\" is missing", profile.origin);
  for (const auto& [task, models] : profile.json["tasks"].items()) {
    require(models.is_object(), ErrorKind::input, "{}: \"{}\" is no object", profile.origin, task);
    for (const auto& [model, settings] : models.items()) {
      require(settings.is_object(), ErrorKind::input, "{}: {} of {} is no object", profile.origin, model, task);
      TaskSettings ignored;
      apply(profile, task, model, ignored);
    }
  }
}

}  // namespace

Profile read_profile(const std::string& name) {
  Profile profile{name, "profile " + name, {}};
  for (const auto& [known, text] : built_in_profiles()) {
    if (known == name) profile.json = parse_json(text, profile.origin);
  }
  if (profile.json.is_null()) {
    require(posix_files().stat(name).regular, ErrorKind::usage,
            "profile \"{}\" is neither a file nor one of {}", name, fmt::join(profile_names(), ", "));
    profile.origin = name;
    profile.json = parse_json(read_file(posix_files(), name, 1 << 20), name);
  }
  check_profile(profile);
  return profile;
}

TaskSettings task_settings(const Profile& profile, const std::string& task, const std::string& model_type) {
  TaskSettings settings;
  settings.profile = profile.name;
  for (const std::string& part : {std::string("*"), task}) {
    for (const std::string& model : {std::string("*"), model_type}) apply(profile, part, model, settings);
  }
  return settings;
}

Json to_json(const TaskSettings& s) {
  Json json = {{"profile", s.profile},
               {"prompt", s.prompt},
               {"prompt_open", s.prompt_open},
               {"prompt_cjk", s.prompt_cjk},
               {"max_new_tokens", s.max_new_tokens},
               {"until", s.until}};
  if (s.min_pixels) json["min_pixels"] = *s.min_pixels;
  if (s.max_pixels) json["max_pixels"] = *s.max_pixels;
  if (s.max_tiles) json["max_tiles"] = *s.max_tiles;
  json["rules"] = s.rules;
  return json;
}

}  // namespace halftone
