// The example checkpoint cut down, in memory: for tests that run the engine many times.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "halftone/api/request.h"
#include "halftone/calib/sample.h"
#include "halftone/engine/conductor.h"
#include "halftone/engine/job.h"
#include "halftone/io/file.h"

namespace halftone::test {

// Writes the example with `layers` vision and language layers into a directory of `files`.
void write_small_model(FileSystem& files, const std::string& directory, int layers = 1);

// A text sample of `tokens` random ids; `seed` names it.
Sample text_sample(int seed, int tokens);
std::vector<Sample> text_samples(int count, int tokens);

// A small model under "/model" of a file system in memory, open, and what binds recipes to it.
class SmallModel {
 public:
  explicit SmallModel(int layers = 1);
  // The recipe given as YAML text; throws its faults.
  Job bind(const std::string& recipe) const;
  // Binds and runs into `out`, by default on the model's own files.
  RunResult run(const std::string& recipe, const std::vector<Sample>& samples, const RunOptions& options,
                FileSystem* files = nullptr) const;
  Checkpoint open(const std::string& directory) const;

  std::unique_ptr<FileSystem> files = memory_files();
  Registry registry;
  Checkpoint checkpoint;
};

// W4 in groups of 64 for the language model, by a method such as "rtn: {}"; `more` is added at the top level.
std::string small_recipe(const std::string& method, const std::string& more = {});

RunOptions into(const std::string& out, bool overwrite = false);

// Content of every file below a directory.
std::map<std::string, std::string> contents(FileSystem& files, const std::string& directory);

}  // namespace halftone::test
