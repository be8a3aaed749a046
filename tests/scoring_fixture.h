// The fixtures of tests/goldens/scoring, made by tools/make_scoring_fixtures.py.
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

#include "halftone/base/json.h"
#include "halftone/io/file.h"

namespace halftone {

// The cases of <name>.json, a list.
inline Json scoring_fixture(const std::string& name) {
  const std::string path = fmt::format("{}/scoring/{}.json", HALFTONE_GOLDENS, name);
  return parse_json(read_file(posix_files(), path), path);
}

inline std::string text_of(const Json& object, const char* key) { return object[key].get<std::string>(); }
inline std::vector<std::string> texts_of(const Json& object, const char* key) {
  return object[key].get<std::vector<std::string>>();
}

}  // namespace halftone
