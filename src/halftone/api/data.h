// From data files to encoded samples.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "halftone/calib/sample.h"
#include "halftone/plugin/family.h"
#include "halftone/recipe/recipe.h"

namespace halftone {

struct LoadedData {
  std::vector<Sample> samples;
  std::vector<std::string> skipped;  // records that could not be used, one sentence each
};

// Reads, draws and encodes the samples of a recipe for the model in `directory`. Throws Error(input) when
// records cannot be used and the recipe does not say to skip them, or when none is left. `check` is called
// before each record is encoded; it throws to stop.
LoadedData load_samples(const CalibrationOptions& options, const ModelSpec& spec, const std::string& directory,
                        const std::function<void()>& check = {});

// One record from a JSON file of its own.
Sample load_sample(const std::string& path, const std::string& images, const ModelSpec& spec,
                   const std::string& directory);

}  // namespace halftone
