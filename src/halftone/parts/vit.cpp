#include "halftone/parts/vit.h"

#include <cmath>

#include <ATen/ops/cat.h>

#include "halftone/base/error.h"
#include "halftone/model/ops.h"
#include "halftone/nn/attention.h"
#include "halftone/nn/rope.h"

namespace halftone {
namespace {

// Handles of one layer, captured by its two segments.
struct Layer {
  int norm1, q, k, v, o, norm2, fc1, fc2;
};

// Half of the frequencies turn with the row, half with the column. coordinates [rows, 2] -> table [rows,
// head_dim].
RopeTable grid_rope(const VitConfig& config, const Tensor& coordinates) {
  const Tensor frequencies = inverse_frequencies(config.head_dim() / 2, config.rope_theta);
  return rope_table(at::cat(
      {rope_angles(coordinates.select(1, 0), frequencies), rope_angles(coordinates.select(1, 1), frequencies)},
      -1));
}

// Rotation in float32 with one rounding at the end, as vision towers do it.
Tensor rotate(const Tensor& x, const RopeTable& rope) {
  return apply_rope(x.to(at::kFloat), rope).to(x.scalar_type());
}

Flow attn_segment(const VitConfig& config, const Layer& layer, Ops& ops, const Flow& flow) {
  const Tensor x = ops.link(layer.norm1, flow.hidden);
  const auto heads = [&](int site) { return ops.linear(site, x).view({-1, config.heads, config.head_dim()}); };
  Tensor q = heads(layer.q), k = heads(layer.k);
  const Tensor v = heads(layer.v);
  if (config.rope_theta > 0) {
    const RopeTable rope = grid_rope(config, flow.batch->coordinates);
    q = rotate(q, rope);
    k = rotate(k, rope);
  }
  const double scale = 1 / std::sqrt(static_cast<double>(config.head_dim()));
  const Tensor mixed = attention(q, k, v, flow.batch->vision, /*causal=*/false, scale);
  return {flow.hidden + ops.linear(layer.o, mixed), flow.batch, flow.side};
}

Flow mlp_segment(const VitConfig& config, const Layer& layer, Ops& ops, const Flow& flow) {
  const Tensor x = ops.link(layer.norm2, flow.hidden);
  const Tensor mid = activate(config.activation, ops.linear(layer.fc1, x));
  return {flow.hidden + ops.linear(layer.fc2, mid), flow.batch, flow.side};
}

Layer declare_layer(BlockBuilder& b, SpaceId hidden, const VitConfig& c, const VitModules& modules,
                    std::int64_t index) {
  const Admits diagonal{.diagonal = true};
  const SpaceId attn_in = b.space("attn_in", c.hidden, diagonal);
  const SpaceId query = b.space("query", c.hidden), key = b.space("key", c.hidden);
  const SpaceId v = b.space("v", c.hidden, {.diagonal = true, .head_orthogonal = true}, c.head_dim());
  const SpaceId mlp_in = b.space("mlp_in", c.hidden, diagonal), mid = b.space("mlp_mid", c.intermediate);
  const auto module = [&](std::string_view role) { return modules(index, role); };
  const auto norm = [&](const char* name, SpaceId to) {
    const std::string base = module(name).tensor;
    std::optional<std::string> shift;
    if (c.norm == NormKind::layer) shift = base + ".bias";
    return b.link({name, c.norm, base + ".weight", shift, hidden, to, c.norm_eps});
  };
  const auto linear = [&](const char* name, bool bias, SpaceId out, SpaceId in) {
    return b.linear({.name = name, .module = module(name), .bias = bias, .output = {out}, .input = {in}});
  };
  Layer layer{};
  layer.norm1 = norm("norm1", attn_in);
  layer.q = linear("q", c.qkv_bias, query, attn_in);
  layer.k = linear("k", c.qkv_bias, key, attn_in);
  layer.v = linear("v", c.qkv_bias, v, attn_in);
  layer.o = linear("o", c.out_bias, hidden, v);
  layer.norm2 = norm("norm2", mlp_in);
  layer.fc1 = linear("fc1", c.mlp_bias, mid, mlp_in);
  layer.fc2 = linear("fc2", c.mlp_bias, hidden, mid);
  return layer;
}

}  // namespace

SpaceId add_vision_space(ModelGraph& graph, const VitConfig& config, Admits admits) {
  return add_space(graph, {"vision.hidden", config.hidden, admits, 0});
}

void add_vit(ModelGraph& graph, SpaceId hidden, const VitConfig& config, const VitModules& modules) {
  for (std::int64_t i = 0; i < config.layers; ++i) {
    BlockBuilder b(graph, fmt::format("vision.{}", i), Stage::vision);
    const Layer layer = declare_layer(b, hidden, config, modules, i);
    b.segment("attn", [=](Ops& ops, const Flow& flow) { return attn_segment(config, layer, ops, flow); });
    b.segment("mlp", [=](Ops& ops, const Flow& flow) { return mlp_segment(config, layer, ops, flow); });
    b.finish();
  }
}

void check_vit(const VitConfig& c, const std::string& origin) {
  const auto positive = [&](std::int64_t value, const char* what) {
    require(value > 0 && value < (std::int64_t{1} << 31), ErrorKind::input, "{}: {} is {}", origin, what,
            value);
  };
  positive(c.layers, "the number of vision layers");
  positive(c.hidden, "the vision width");
  positive(c.heads, "the number of vision heads");
  positive(c.intermediate, "the vision intermediate size");
  require(c.layers <= 100000, ErrorKind::input, "{}: {} vision layers cannot be", origin, c.layers);
  require(c.hidden % c.heads == 0 && c.head_dim() % 4 == 0, ErrorKind::input,
          "{}: a vision width of {} does not split into {} heads that can be rotated", origin, c.hidden,
          c.heads);
}

}  // namespace halftone
