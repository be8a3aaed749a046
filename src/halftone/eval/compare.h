// Two checkpoints side by side: weights, hidden states, predictions.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "halftone/base/json.h"
#include "halftone/calib/sample.h"
#include "halftone/io/file.h"
#include "halftone/stream/checkpoint.h"
#include "halftone/stream/pair_meter.h"

namespace halftone {

struct SiteDifference {
  std::string site;
  double relative = 0;  // |Wb - Wa| / |Wa|, Frobenius
};

struct BlockDifference {
  std::string block;
  HiddenError hidden;
};

struct Comparison {
  std::vector<SiteDifference> sites;  // those that differ
  std::vector<BlockDifference> blocks;
  PairResult predictions;
  std::string first_departure;  // first block whose hidden error passes `threshold`; empty: none
};
Json to_json(const Comparison& comparison);

struct CompareOptions {
  std::int64_t micro_batch = 4096;
  double threshold = 1e-6;  // of squared error over power: one part in a thousand of the norm
  at::Device device = at::kCPU;
  at::ScalarType compute = at::kFloat;
  std::function<void()> check;
  std::function<void(std::size_t done, std::size_t total)> progress;
};

// Streams both models block by block over `samples`, encoded for a; one block of each is in memory. Throws
// Error(input) when the two are not the same model by blocks and shapes.
Comparison compare_models(FileSystem& files, const Checkpoint& a, const Checkpoint& b,
                          const std::vector<Sample>& samples, const CompareOptions& options);

}  // namespace halftone
