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

// Containers and index; codes, scales and zero points as they left the run; the bytes of every tensor as they
// left the run; finite scales; shapes and kernels; every linear either quantized or ignored; the whole
// quantization_config as its format writes it; fused groups; side files and config; the probes' logits
// (round_trip_check.h). `against`: the source model, or nullptr; with it tensors that are not quantized, the
// config and side files must be its own. What cannot be compared, because run.jsonl or the source is missing,
// passes and says so. Findings are in the report; throws Error(unsupported) for a float checkpoint that no run
// wrote.
VerifyReport verify_output(FileSystem& files, const Checkpoint& output, const Checkpoint* against);

// Throws Error(input) that names them when a directory is no model but holds one output a format.
void refuse_several_outputs(FileSystem& files, const std::string& directory);

}  // namespace halftone
