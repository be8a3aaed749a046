// The pre-norm vision transformer layer: layer or RMS norm, fused or separate q, k, v, optional 2-D rotary
// positions, norms of queries and keys, and layer scale.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "halftone/model/block_builder.h"
#include "halftone/model/graph.h"
#include "halftone/nn/activation.h"

namespace halftone {

struct VitConfig {
  std::int64_t layers = 0, hidden = 0, heads = 0, intermediate = 0;
  NormKind norm = NormKind::layer;
  double norm_eps = 1e-6;
  bool qkv_bias = true, out_bias = true, mlp_bias = true;
  Activation activation = Activation::quick_gelu;
  double rope_theta = 0;     // 0: no rotary positions; else half of a head turns by row, half by column
  bool qk_norm = false;      // RMS norms of queries and keys over the whole width, all heads together
  bool layer_scale = false;  // a gain behind each of the two halves: x + gain * f(x). arXiv 2103.17239

  std::int64_t head_dim() const { return hidden / heads; }
};

// `module(layer, role)`: the checkpoint module of "norm1", "q", "k", "v", "o", "norm2", "fc1", "fc2", "q_norm",
// "k_norm"; of "ls1" and "ls2" (the gains behind o and fc2) the tensor itself.
using VitModules = std::function<TensorPart(std::int64_t layer, std::string_view role)>;

// Rows of "q", "k" and "v" where they stand one above the other in one tensor. Another role: all rows.
RowPattern thirds(const VitConfig& config, std::string_view role);

// Adds "vision.hidden", the residual stream of the tower.
SpaceId add_vision_space(ModelGraph& graph, const VitConfig& config, Admits admits);

// Adds "vision.0" ... "vision.<layers - 1>"; a tower that is read before its end has fewer layers here than in
// the checkpoint.
void add_vit(ModelGraph& graph, SpaceId hidden, const VitConfig& config, const VitModules& modules);

// Throws Error(input) when the numbers do not fit each other, naming `origin`.
void check_vit(const VitConfig& config, const std::string& origin);

}  // namespace halftone
