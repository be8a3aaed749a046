// A graph with random weights in memory, its forward, and the pieces of a plain transcription in double.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/nn/naive.h"
#include <ATen/ops/mm.h>

#include "halftone/model/graph.h"
#include "halftone/model/ops.h"
#include "halftone/model/weights.h"

namespace halftone {

struct ToyModel {
  ModelGraph graph;
  std::map<std::string, Tensor> tensors;  // the checkpoint

  // Random weights for every slot of the graph that has none yet.
  void fill() {
    std::uint64_t seed = tensors.size();
    for (const auto& block : graph.blocks)
      for (const auto& slot : block.slots)
        tensors.try_emplace(slot.part.tensor, naive::random(slot.file_shape, ++seed) * 0.5);
  }

  // The blocks in order; `only` names a single one.
  Tensor run(Flow flow, const std::string& only = {}, at::ScalarType compute = at::kFloat) const {
    MemorySource source(tensors);
    for (const auto& block : graph.blocks) {
      if (!only.empty() && block.name != only) continue;
      const BlockWeights weights = load_block(block, source, at::kCPU);
      Ops ops(block, weights, compute);
      flow = run_block(block, ops, std::move(flow));
    }
    return flow.hidden;
  }

  Tensor get(const std::string& name) const { return tensors.at(name).to(at::kDouble); }

  // x W^T + b with the module's own matrix, and its bias if it has one.
  Tensor linear(const std::string& module, const Tensor& x) const {
    const Tensor out = at::mm(x, get(module + ".weight").t());
    return tensors.contains(module + ".bias") ? out + get(module + ".bias") : out;
  }

  // RMS norm, or layer norm if the module has a bias.
  Tensor norm(const std::string& module, const Tensor& x, double eps) const {
    if (!tensors.contains(module + ".bias")) return naive::rms_norm(x, get(module + ".weight"), eps);
    return naive::layer_norm(x, get(module + ".weight"), get(module + ".bias"), eps);
  }
};

}  // namespace halftone
