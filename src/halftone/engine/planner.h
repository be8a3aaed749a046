// What a job would do, from shapes alone: runs, time, memory and bytes per block, tensors written, engines that
// run it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "halftone/base/json.h"
#include "halftone/calib/sample.h"
#include "halftone/engine/job.h"

namespace halftone {

// How much data would pass: counted from samples where they are known, else assumed.
struct DataSize {
  std::int64_t samples = 0, quality_samples = 0;
  std::int64_t tokens = 0, quality_tokens = 0;  // language rows
  std::int64_t vision_rows = 0, quality_vision_rows = 0;
  bool assumed = false;
};
DataSize assumed_data(const Recipe& recipe);
DataSize counted_data(const ModelGraph& graph, const Recipe& recipe, const std::vector<Sample>& samples);

struct BlockPlan {
  std::string block;
  int runs = 0;  // passes over the calibration data
  double seconds = 0;
  std::int64_t memory = 0;  // largest resident set while the block is worked on
  std::int64_t bytes_in = 0, bytes_out = 0;
};

struct SitePlan {
  std::string site, scheme, rule;    // rule: its selector and line, or "no rule"
  std::vector<std::string> engines;  // "vllm (Marlin)"; empty: none, for evaluation
};

struct OutputPlan {
  std::string format;
  std::int64_t bytes = 0;
  std::size_t tensors = 0;
};

struct Plan {
  DataSize data;
  std::vector<BlockPlan> blocks;
  std::vector<SitePlan> sites;
  std::vector<OutputPlan> outputs;
  double seconds = 0;
  std::int64_t peak_memory = 0, bytes_in = 0;
  double flops_per_second = 0;  // of a matrix product on this machine, measured
};

// Loads nothing. Measures the speed of one small matrix product.
Plan plan_job(const Job& job, const DataSize& data);

Json to_json(const Plan& plan);

}  // namespace halftone
