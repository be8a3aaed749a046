// What a run does with each block: decided before anything runs.
#pragma once

#include <vector>

#include "halftone/engine/job.h"
#include "halftone/model/ops.h"
#include "halftone/stream/prefetcher.h"

namespace halftone {

// What a block's turn consists of.
struct Turn {
  const Block* block = nullptr;
  SiteSchemes sites;
  std::vector<Needs> needs;
  bool observe = false;  // run 1 on the calibration stream, taps filled
  bool forward = false;  // later blocks need what the calibration stream makes of this one
  bool measure = false;  // the quality streams pass, and the probes

  bool runs() const { return observe || forward || measure; }
  bool loads() const { return runs() || !sites.empty(); }
  // Activation quantizers of the sites whose scheme has one.
  OpsTaps input_quantizers() const;
};

// One turn a block, in order. Blocks behind the last one that is observed need no forward.
std::vector<Turn> plan_turns(const Job& job, bool measure);

// What is read for them: nothing where nothing happens, only the weights that are quantized where nothing runs.
std::vector<LoadOrder> load_orders(const std::vector<Turn>& turns);

}  // namespace halftone
