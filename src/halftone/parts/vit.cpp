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
  int q_norm = -1, k_norm = -1, ls1 = -1, ls2 = -1;  // -1: none
};

// A link that a layer may lack.
Tensor link_if(Ops& ops, int link, const Tensor& x) { return link >= 0 ? ops.link(link, x) : x; }

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
  const auto heads = [&](const Tensor& y) { return y.view({-1, config.heads, config.head_dim()}); };
  Tensor q = heads(link_if(ops, layer.q_norm, ops.linear(layer.q, x)));
  Tensor k = heads(link_if(ops, layer.k_norm, ops.linear(layer.k, x)));
  const Tensor v = heads(ops.linear(layer.v, x));
  if (config.rope_theta > 0) {
    const RopeTable rope = grid_rope(config, flow.batch->coordinates);
    q = rotate(q, rope);
    k = rotate(k, rope);
  }
  const double scale = 1 / std::sqrt(static_cast<double>(config.head_dim()));
  const Tensor mixed = attention(q, k, v, flow.batch->vision, /*causal=*/false, scale);
  return {flow.hidden + link_if(ops, layer.ls1, ops.linear(layer.o, mixed)), flow.batch, flow.side};
}

Flow mlp_segment(const VitConfig& config, const Layer& layer, Ops& ops, const Flow& flow) {
  const Tensor x = ops.link(layer.norm2, flow.hidden);
  const Tensor mid = activate(config.activation, ops.linear(layer.fc1, x));
  return {flow.hidden + link_if(ops, layer.ls2, ops.linear(layer.fc2, mid)), flow.batch, flow.side};
}

// Declares the spaces, matrices and links of one layer.
class LayerDeclarer {
 public:
  LayerDeclarer(BlockBuilder& b, SpaceId hidden, const VitConfig& c, const VitModules& modules,
                std::int64_t index)
      : b_(b), hidden_(hidden), c_(c), modules_(modules), index_(index) {}

  Layer declare() {
    const Admits diagonal{.diagonal = true};
    Layer layer{};
    const SpaceId attn_in = b_.space("attn_in", c_.hidden, diagonal);
    layer.norm1 = norm("norm1", attn_in);
    layer.q = head_maker("q", "query", attn_in, layer.q_norm);
    layer.k = head_maker("k", "key", attn_in, layer.k_norm);
    const SpaceId v = b_.space("v", c_.hidden, {.diagonal = true, .head_orthogonal = true}, c_.head_dim());
    layer.v = linear("v", c_.qkv_bias, v, attn_in);
    layer.o = branch_end("o", c_.out_bias, v, "ls1", "attn_out", layer.ls1);
    const SpaceId mlp_in = b_.space("mlp_in", c_.hidden, diagonal), mid = b_.space("mlp_mid", c_.intermediate);
    layer.norm2 = norm("norm2", mlp_in);
    layer.fc1 = linear("fc1", c_.mlp_bias, mid, mlp_in);
    layer.fc2 = branch_end("fc2", c_.mlp_bias, mid, "ls2", "mlp_out", layer.ls2);
    return layer;
  }

 private:
  TensorPart module(std::string_view role) const { return modules_(index_, role); }

  int linear(const char* name, bool bias, SpaceId out, SpaceId in) {
    return b_.linear({.name = name, .module = module(name), .bias = bias, .output = {out}, .input = {in}});
  }

  int norm(const char* name, SpaceId to) {
    const std::string base = module(name).tensor;
    std::optional<std::string> shift;
    if (c_.norm == NormKind::layer) shift = base + ".bias";
    return b_.link({name, c_.norm, base + ".weight", shift, hidden_, to, c_.norm_eps});
  }

  // q or k, with its norm behind it if there is one.
  int head_maker(const std::string& name, const std::string& space, SpaceId in, int& norm) {
    const SpaceId out = b_.space(space, c_.hidden);
    const int site = linear(name.c_str(), c_.qkv_bias, out, in);
    if (!c_.qk_norm) return site;
    const std::string link = name + "_norm";
    norm = b_.link({link,
                    NormKind::rms,
                    module(link).tensor + ".weight",
                    {},
                    out,
                    b_.space(space + "_normal", c_.hidden),
                    c_.norm_eps});
    return site;
  }

  // The matrix that ends a branch: into the stream, or into a space of its own that a layer scale leads there.
  int branch_end(const char* name, bool bias, SpaceId in, const char* scale, const char* space, int& link) {
    if (!c_.layer_scale) return linear(name, bias, hidden_, in);
    const SpaceId out = b_.space(space, c_.hidden, {.diagonal = true});
    const int site = linear(name, bias, out, in);
    link = b_.link({scale, NormKind::none, module(scale).tensor, {}, out, hidden_});
    return site;
  }

  BlockBuilder& b_;
  SpaceId hidden_;
  const VitConfig& c_;
  const VitModules& modules_;
  std::int64_t index_;
};

}  // namespace

RowPattern thirds(const VitConfig& config, std::string_view role) {
  const std::int64_t third = role == "q" ? 0 : role == "k" ? 1 : role == "v" ? 2 : -1;
  if (third < 0) return {};
  return {3 * config.hidden, third * config.hidden, config.hidden};
}

SpaceId add_vision_space(ModelGraph& graph, const VitConfig& config, Admits admits) {
  return add_space(graph, {"vision.hidden", config.hidden, admits, 0});
}

void add_vit(ModelGraph& graph, SpaceId hidden, const VitConfig& config, const VitModules& modules) {
  for (std::int64_t i = 0; i < config.layers; ++i) {
    BlockBuilder b(graph, fmt::format("vision.{}", i), Stage::vision);
    const Layer layer = LayerDeclarer(b, hidden, config, modules, i).declare();
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
  require(c.hidden % c.heads == 0, ErrorKind::input, "{}: a vision width of {} does not split into {} heads",
          origin, c.hidden, c.heads);
  require(c.rope_theta <= 0 || c.head_dim() % 4 == 0, ErrorKind::input,
          "{}: a vision width of {} in {} heads cannot be rotated by row and column", origin, c.hidden,
          c.heads);
}

}  // namespace halftone
