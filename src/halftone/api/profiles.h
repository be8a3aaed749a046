// Profiles: what a harness sets for each task and model, read from JSON. Those of profiles/ are compiled in.
//
//   {"summary": "...", "tasks": {TASK | "*": {MODEL_TYPE | "*": {settings}}}}
//
// Settings are the fields of TaskSettings by their names. A task takes "*" of "*", then its model's part of
// "*", then "*" of its own name, then its model's part; the later wins key by key.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "halftone/base/json.h"
#include "halftone/plugin/task.h"

namespace halftone {

struct Profile {
  std::string name;    // "vlmevalkit", or the file that it came from
  std::string origin;  // for messages
  Json json;
};

// Names and texts of the profiles that are compiled in, sorted by name.
const std::vector<std::pair<std::string, std::string>>& built_in_profiles();

// A profile by its name, or a file. Throws Error(usage) for neither, naming what there is; Error(input) for a
// file that is no profile: unknown keys, wrong types.
Profile read_profile(const std::string& name_or_file);

TaskSettings task_settings(const Profile& profile, const std::string& task, const std::string& model_type);

// The settings as a result file records them.
Json to_json(const TaskSettings& settings);

}  // namespace halftone
