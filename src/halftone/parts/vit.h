// The pre-norm vision transformer layer (LayerNorm or RMS norm, fused or separate q, k, v, optional 2-D rotary
// positions) and patch embedding as one matrix product.
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
  double rope_theta = 0;  // 0: no rotary positions; else half of a head turns by row, half by column

  std::int64_t head_dim() const { return hidden / heads; }
};

// `module(layer, role)`: the checkpoint module of "norm1", "q", "k", "v", "o", "norm2", "fc1", "fc2".
using VitModules = std::function<TensorPart(std::int64_t layer, std::string_view role)>;

// Adds "vision.hidden", the residual stream of the tower.
SpaceId add_vision_space(ModelGraph& graph, const VitConfig& config, Admits admits);

// Adds "vision.0" ...
void add_vit(ModelGraph& graph, SpaceId hidden, const VitConfig& config, const VitModules& modules);

// Throws Error(input) when the numbers do not fit each other, naming `origin`.
void check_vit(const VitConfig& config, const std::string& origin);

}  // namespace halftone
