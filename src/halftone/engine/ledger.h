// Where a model's bytes are, stage by stage, before and after.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "halftone/base/json.h"
#include "halftone/engine/job.h"

namespace halftone {

struct StageBytes {
  std::string stage;            // "vision", "bridge", "language", "head"; "other": what no block reads
  std::int64_t parameters = 0;  // elements of the source's tensors
  std::int64_t tensors_in = 0, bytes_in = 0;
  std::int64_t tensors_out = 0, bytes_out = 0;
};

// From shapes alone. Stages in the order of the model, those without tensors left out; a tensor that two blocks
// read counts for the first.
std::vector<StageBytes> stage_bytes(const Job& job, const Format& format);
Json to_json(const std::vector<StageBytes>& stages);

}  // namespace halftone
