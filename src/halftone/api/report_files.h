// The page of an output directory, from the records that lie in it.
#pragma once

#include <string>

#include "halftone/io/file.h"

namespace halftone::api {

inline constexpr const char* kReportName = "report.html";

// Reads run.jsonl, quality.json and recipe.resolved.yaml in `directory`, and the .json files in `results`,
// which is mostly where a comparison by tasks wrote; all but the first may be missing. Throws Error(input) when
// there is no run.jsonl or one of them does not parse.
std::string report_text(FileSystem& files, const std::string& directory, const std::string& results);

}  // namespace halftone::api
