// Fixed prompts that need no file of the user's: what a run computes on them is recorded, and computed again
// from what it wrote.
#pragma once

#include <cstdint>
#include <vector>

#include "halftone/calib/sample.h"

namespace halftone {

inline constexpr std::size_t kProbes = 8;

// Eight conversations of different length; four show one or two small pictures, which are in memory.
std::vector<DataRecord> probe_conversations();

// Eight records of random ready ids, 8 to 64 of them (never more than `max_positions`), for models whose texts
// or pictures cannot be encoded. Ids are in [0, vocabulary), of which there are at least two, and none
// is `image_token`.
std::vector<DataRecord> probe_ids(std::int64_t vocabulary, std::int64_t image_token,
                                  std::int64_t max_positions);

}  // namespace halftone
