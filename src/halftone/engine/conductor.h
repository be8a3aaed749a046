// Streams a model block by block: load, observe, quantize, run, hand over. One block is resident, one is read
// ahead, one is being written.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "halftone/base/clock.h"
#include "halftone/base/record.h"
#include "halftone/calib/sample.h"
#include "halftone/engine/job.h"
#include "halftone/io/file.h"
#include "halftone/stream/pair_meter.h"

namespace halftone {

// Which samples calibrate and which measure.
struct SampleSplit {
  std::vector<std::size_t> calibration, quality;
};

// `requested` samples kept back, or the last tenth, 8 to 64, for -1; never more than half.
SampleSplit split_samples(std::size_t count, std::int64_t requested);

struct RunOptions {
  std::string out;
  bool overwrite = false;
  std::string version;          // of the tool, for the records
  RecordSink sink;              // may be empty
  std::function<void()> check;  // called often; throws to stop the run
  Json about = Json::object();  // goes into the first record: what model and recipe are called
  Json plan = nullptr;          // of planner.h, for the records; null: none was made
  // Called for each output directory once all its files stand, under the name that it has until the run is
  // complete. May add files; what it throws ends the run.
  std::function<void(const std::string& directory)> on_written = {};
};

struct RunResult {
  std::optional<PairResult> quality;
  std::vector<std::string> broken_limits;  // "kl 0.061 is above 0.05"
  std::vector<std::string> outputs;        // directories
  std::int64_t peak_bytes = 0;
  double seconds = 0;
};

// Runs the job on `samples` (empty for recipes that need no data) and writes the output directory. Throws
// Error; then OUT is as it was before.
RunResult run_job(FileSystem& files, const Job& job, const std::vector<Sample>& samples,
                  const RunOptions& options);

}  // namespace halftone
