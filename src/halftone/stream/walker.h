// Running one block over all micro-batches.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "halftone/calib/activation_store.h"
#include "halftone/calib/batches.h"
#include "halftone/calib/sample.h"
#include "halftone/io/file.h"
#include "halftone/model/flow.h"
#include "halftone/model/graph.h"
#include "halftone/model/ops.h"

namespace halftone {

// Samples packed into micro-batches, and how their pictures become pixels.
struct SampleStream {
  const std::vector<Sample>* samples = nullptr;
  std::vector<std::shared_ptr<const Batch>> batches;
  const ImagePolicy* images = nullptr;
  FileSystem* files = nullptr;
  at::Device device = at::kCPU;

  bool has_vision() const;
};

SampleStream make_stream(const ModelGraph& graph, const ImagePolicy& images, FileSystem& files,
                         const std::vector<Sample>& samples, const std::vector<std::size_t>& which,
                         std::int64_t tokens, at::Device device);

// Whether the block has anything to do for a batch: vision blocks and the bridge rest where there are no
// pictures.
bool block_runs(const Block& block, const Batch& batch);

// What enters the first block of a batch: its pixels. Later blocks read the store.
Flow enter_block(const ModelGraph& graph, const Block& block, const SampleStream& stream, std::size_t batch,
                 const ActivationStore& store);

// Runs `block` on every batch of `stream`: activations come from `in`, results go to `out` (which may be `in`;
// null drops them). `taps_of(batch index)` gives the taps of each run. `check` is called before each batch (to
// stop).
void walk_block(const ModelGraph& graph, const Block& block, const BlockWeights& weights,
                const SampleStream& stream, const ActivationStore& in, ActivationStore* out,
                at::ScalarType compute, const std::function<OpsTaps(std::size_t)>& taps_of,
                const std::function<void()>& check);

}  // namespace halftone
