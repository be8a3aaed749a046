// An output directory, reopened and checked as a stranger would.
#pragma once

#include <string>
#include <vector>

#include "halftone/base/json.h"
#include "halftone/io/file.h"
#include "halftone/stream/checkpoint.h"

namespace halftone {

struct Check {
  std::string name;  // "containers", "scales", ...
  bool passed = false;
  std::string detail;  // what was looked at, or what is wrong
};

struct SiteError {
  std::string module;
  double mse = 0, sqnr_db = 0;
};

struct VerifyReport {
  std::vector<Check> checks;
  std::vector<SiteError> errors;  // against the float model, if one was given
  bool passed() const;
};
Json to_json(const VerifyReport& report);

// Checks 1 to 9: containers and index; codes, scales and zero points as they left the run; finite scales;
// shapes and kernels; every linear either quantized or ignored; targets and ignore under the engines' matching
// rules; fused groups; side files and config; the probes' logits (round_trip_check.h). `against`: the source
// model, or nullptr; without it side files are not compared. Findings are in the report; throws Error only when
// the directory cannot be opened at all.
VerifyReport verify_output(FileSystem& files, const Checkpoint& output, const Checkpoint* against);

}  // namespace halftone
