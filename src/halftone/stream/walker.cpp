#include "halftone/stream/walker.h"

#include <algorithm>

#include <ATen/core/grad_mode.h>

namespace halftone {

bool SampleStream::has_vision() const {
  return std::any_of(batches.begin(), batches.end(), [](const auto& batch) { return batch->has_vision(); });
}

SampleStream make_stream(const ModelGraph& graph, const ImagePolicy& images, FileSystem& files,
                         const std::vector<Sample>& samples, const std::vector<std::size_t>& which,
                         std::int64_t tokens, at::Device device) {
  return {&samples, make_batches(graph, samples, which, tokens, device), &images, &files, device};
}

bool block_runs(const Block& block, const Batch& batch) {
  const bool pictures_only = block.stage == Stage::vision || block.stage == Stage::bridge;
  return !pictures_only || batch.has_vision();
}

Flow enter_block(const ModelGraph& graph, const Block& block, const SampleStream& stream, std::size_t batch,
                 const ActivationStore& store) {
  const auto& packed = stream.batches[batch];
  if (&block != &graph.blocks.front()) return {store.get(batch), packed, {}};
  return {batch_pixels(*packed, *stream.samples, *stream.images, *stream.files, stream.device), packed, {}};
}

void walk_block(const ModelGraph& graph, const Block& block, const BlockWeights& weights,
                const SampleStream& stream, const ActivationStore& in, ActivationStore* out,
                at::ScalarType compute, const std::function<OpsTaps(std::size_t)>& taps_of,
                const std::function<void()>& check) {
  const at::NoGradGuard no_grad;
  for (std::size_t batch = 0; batch < stream.batches.size(); ++batch) {
    if (!block_runs(block, *stream.batches[batch])) continue;
    if (check) check();
    Ops ops(block, weights, compute, taps_of ? taps_of(batch) : OpsTaps{});
    Flow flow = run_block(block, ops, enter_block(graph, block, stream, batch, in));
    if (out) out->put(batch, std::move(flow.hidden));
  }
}

}  // namespace halftone
