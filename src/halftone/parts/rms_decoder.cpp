#include "halftone/parts/rms_decoder.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <ATen/ops/arange.h>
#include <ATen/ops/index_put.h>

#include "halftone/base/error.h"
#include "halftone/model/block_builder.h"
#include "halftone/model/ops.h"
#include "halftone/nn/rope.h"

namespace halftone {
namespace {

constexpr std::int64_t kLargestHead = 1 << 16;

// Handles of one layer, captured by its two segments.
struct Layer {
  int attn_norm, q, k, v, o, mlp_norm, gate, up, down;
};

Flow with_hidden(const Flow& flow, Tensor hidden) { return {std::move(hidden), flow.batch, flow.side}; }

RopeTable rope_of(const DecoderConfig& config, const Tensor& positions) {
  const Tensor angles = config.rope_sections.empty()
                            ? rope_angles(positions[0], config.frequencies)
                            : rope_angles_by_section(positions, config.frequencies, config.rope_sections);
  return rope_table(angles, config.rope_amplitude);
}

Flow attn_segment(const DecoderConfig& config, const Layer& layer, Ops& ops, const Flow& flow) {
  const Tensor x = ops.link(layer.attn_norm, flow.hidden);
  const auto heads = [&](int site, std::int64_t count) {
    return ops.linear(site, x).view({-1, count, config.head_dim});
  };
  const RopeTable rope = rope_of(config, flow.batch->positions);
  const Tensor q = apply_rope(heads(layer.q, config.heads), rope);
  const Tensor k = apply_rope(heads(layer.k, config.kv_heads), rope);
  const Tensor v = heads(layer.v, config.kv_heads);
  const double scale = 1 / std::sqrt(static_cast<double>(config.head_dim));
  const Tensor mixed = ops.attend(q, k, v, flow.batch->tokens, scale);
  return with_hidden(flow, flow.hidden + ops.linear(layer.o, mixed));
}

Flow mlp_segment(const DecoderConfig& config, const Layer& layer, Ops& ops, const Flow& flow) {
  const Tensor x = ops.link(layer.mlp_norm, flow.hidden);
  const Tensor gated = activate(config.activation, ops.linear(layer.gate, x)) * ops.linear(layer.up, x);
  return with_hidden(flow, flow.hidden + ops.linear(layer.down, gated));
}

// Declares the spaces, matrices and norms of one layer.
Layer declare_layer(BlockBuilder& b, SpaceId hidden, const DecoderConfig& c, const DecoderNames& names,
                    std::int64_t index) {
  const Admits diagonal{.diagonal = true};
  const std::int64_t group = c.heads / c.kv_heads;
  const SpaceId attn_in = b.space("attn_in", c.hidden, diagonal);
  const SpaceId query = b.space("query", c.heads * c.head_dim), key = b.space("key", c.kv_heads * c.head_dim);
  const SpaceId v =
      b.space("v", c.kv_heads * c.head_dim, {.diagonal = true, .head_orthogonal = true}, c.head_dim);
  const SpaceId mlp_in = b.space("mlp_in", c.hidden, diagonal);
  const SpaceId gate = b.space("gate", c.intermediate), mid = b.space("mlp_mid", c.intermediate, diagonal);
  const auto module = [&](std::string_view role) { return names.module(index, role); };
  const auto norm = [&](const char* name, SpaceId to) {
    return b.link({name, NormKind::rms, module(name).tensor + ".weight", {}, hidden, to, c.norm_eps});
  };
  const auto linear = [&](const char* name, bool bias, Axis out, Axis in) {
    return b.linear({.name = name, .module = module(name), .bias = bias, .output = out, .input = in});
  };
  const Axis attn_out{v, group, CopyOrder::per_head};
  Layer layer{};
  layer.attn_norm = norm("attn_norm", attn_in);
  layer.q = linear("q", c.qkv_bias, {query}, {attn_in});
  layer.k = linear("k", c.qkv_bias, {key}, {attn_in});
  layer.v = linear("v", c.qkv_bias, {v}, {attn_in});
  layer.o = linear("o", c.o_bias, {hidden}, attn_out);
  layer.mlp_norm = norm("mlp_norm", mlp_in);
  layer.gate = linear("gate", c.mlp_bias, {gate}, {mlp_in});
  layer.up = linear("up", c.mlp_bias, {mid}, {mlp_in});
  layer.down = linear("down", c.mlp_bias, {hidden}, {mid});
  return layer;
}

void add_layer(ModelGraph& graph, SpaceId hidden, const DecoderConfig& config, const DecoderNames& names,
               std::int64_t index) {
  BlockBuilder b(graph, fmt::format("language.{}", index), Stage::language);
  const Layer layer = declare_layer(b, hidden, config, names, index);
  b.segment("attn", [=](Ops& ops, const Flow& flow) { return attn_segment(config, layer, ops, flow); });
  b.segment("mlp", [=](Ops& ops, const Flow& flow) { return mlp_segment(config, layer, ops, flow); });
  b.finish();
}

// Token embeddings; the rows of picture tokens are replaced by the features, in order.
Flow join(SlotId table, std::int64_t image_token, Ops& ops, const Flow& flow) {
  const Tensor embedded = ops.rows(table, flow.batch->ids);
  if (!flow.batch->has_vision()) return with_hidden(flow, ops.point("language.embeds", embedded));
  const Tensor places = flow.batch->ids.eq(image_token).nonzero().squeeze(1).to(embedded.device());
  require(places.size(0) == flow.hidden.size(0), ErrorKind::input,
          "the prompts hold {} picture tokens, the pictures give {} features", places.size(0),
          flow.hidden.size(0));
  const Tensor joined = at::index_put(embedded, {places}, flow.hidden.to(embedded.scalar_type()));
  return with_hidden(flow, ops.point("language.embeds", joined));
}

void add_embedding(ModelGraph& graph, SpaceId hidden, const DecoderConfig& config, const DecoderNames& names) {
  BlockBuilder b(graph, "embed", Stage::language);
  const SlotId table =
      b.table("tokens", names.embedding + ".weight", config.vocabulary, hidden, /*lookup=*/true);
  const std::int64_t image_token = graph.image_token;
  b.segment("join", [=](Ops& ops, const Flow& flow) { return join(table, image_token, ops, flow); });
  b.finish();
}

void add_head(ModelGraph& graph, SpaceId hidden, const DecoderConfig& config, const DecoderNames& names) {
  const SpaceId vocabulary = add_space(graph, {"vocabulary", config.vocabulary, {}, 0});
  BlockBuilder b(graph, "head", Stage::head);
  const SpaceId input = b.space("in", config.hidden, {.diagonal = !config.tied_head});
  const int norm =
      b.link({"norm", NormKind::rms, names.final_norm + ".weight", {}, hidden, input, config.norm_eps});
  const std::string& module = config.tied_head ? names.embedding : names.head;
  const int out = b.linear({.name = "head",
                            .module = {module, {}},
                            .output = {vocabulary},
                            .input = {input},
                            .tied = config.tied_head});
  b.segment("head", [=](Ops& ops, const Flow& flow) {
    return with_hidden(flow, ops.linear(out, ops.link(norm, flow.hidden)));
  });
  b.finish();
}

TensorPart plain_module(const std::string& prefix, std::int64_t layer, std::string_view role) {
  static const std::map<std::string, std::string, std::less<>> kModules = {
      {"attn_norm", "input_layernorm"}, {"q", "self_attn.q_proj"}, {"k", "self_attn.k_proj"},
      {"v", "self_attn.v_proj"},        {"o", "self_attn.o_proj"}, {"mlp_norm", "post_attention_layernorm"},
      {"gate", "mlp.gate_proj"},        {"up", "mlp.up_proj"},     {"down", "mlp.down_proj"}};
  return {fmt::format("{}layers.{}.{}", prefix, layer, kModules.find(role)->second), {}};
}

TensorPart fused_module(const std::string& prefix, const DecoderConfig& c, std::int64_t layer,
                        std::string_view role) {
  const std::string base = fmt::format("{}layers.{}.", prefix, layer);
  const RowPattern attention = stacked_qkv(c, role);
  if (!attention.plain()) return {base + "self_attn.qkv_proj", attention};
  const std::int64_t mid = c.intermediate;
  if (role == "gate") return {base + "mlp.gate_up_proj", {2 * mid, 0, mid}};
  if (role == "up") return {base + "mlp.gate_up_proj", {2 * mid, mid, mid}};
  return plain_module(prefix, layer, role);
}

// Rows of q, k and v in a period of `q` and twice `kv` rows.
RowPattern qkv_rows(std::int64_t q, std::int64_t kv, std::string_view role) {
  const std::int64_t period = q + 2 * kv;
  if (role == "q") return {period, 0, q};
  if (role == "k") return {period, q, kv};
  if (role == "v") return {period, q + kv, kv};
  return {};
}

}  // namespace

RowPattern stacked_qkv(const DecoderConfig& c, std::string_view role) {
  return qkv_rows(c.heads * c.head_dim, c.kv_heads * c.head_dim, role);
}

RowPattern grouped_qkv(const DecoderConfig& c, std::string_view role) {
  return qkv_rows(c.heads / c.kv_heads * c.head_dim, c.head_dim, role);
}

DecoderNames plain_names(const std::string& prefix, const std::string& head) {
  return {[=](std::int64_t layer, std::string_view role) { return plain_module(prefix, layer, role); },
          prefix + "embed_tokens", prefix + "norm", head};
}

DecoderNames fused_names(const std::string& prefix, const std::string& head, const DecoderConfig& config) {
  DecoderNames names = plain_names(prefix, head);
  names.module = [=](std::int64_t layer, std::string_view role) {
    return fused_module(prefix, config, layer, role);
  };
  return names;
}

Tensor counted_positions(std::int64_t tokens) { return at::arange(tokens, at::kLong).unsqueeze(0); }

SpaceId add_language_space(ModelGraph& graph, const DecoderConfig& config) {
  return add_space(graph, {"language.hidden", config.hidden, {.orthogonal = true}, 0});
}

void add_rms_decoder(ModelGraph& graph, SpaceId hidden, const DecoderConfig& config,
                     const DecoderNames& names) {
  add_embedding(graph, hidden, config, names);
  for (std::int64_t i = 0; i < config.layers; ++i) add_layer(graph, hidden, config, names, i);
  add_head(graph, hidden, config, names);
}

void check_decoder(const DecoderConfig& c, const std::string& origin) {
  const auto positive = [&](std::int64_t value, const char* what) {
    require(value > 0 && value < (std::int64_t{1} << 31), ErrorKind::input, "{}: {} is {}", origin, what,
            value);
  };
  positive(c.layers, "the number of language layers");
  positive(c.hidden, "the hidden size");
  positive(c.heads, "the number of attention heads");
  positive(c.kv_heads, "the number of key-value heads");
  positive(c.head_dim, "the head size");
  positive(c.intermediate, "the intermediate size");
  positive(c.vocabulary, "the vocabulary size");
  require(c.layers <= 100000, ErrorKind::input, "{}: {} language layers cannot be", origin, c.layers);
  require(c.heads % c.kv_heads == 0, ErrorKind::input,
          "{}: {} attention heads are no multiple of {} key-value heads", origin, c.heads, c.kv_heads);
  require(c.head_dim % 2 == 0 && c.head_dim <= kLargestHead, ErrorKind::input,
          "{}: a head size of {} cannot be rotated", origin, c.head_dim);
  const std::int64_t sections =
      std::accumulate(c.rope_sections.begin(), c.rope_sections.end(), std::int64_t{0});
  require(c.rope_sections.empty() || sections == c.head_dim / 2, ErrorKind::input,
          "{}: mrope_section adds up to {}, half the head size is {}", origin, sections, c.head_dim / 2);
  require(std::none_of(c.rope_sections.begin(), c.rope_sections.end(), [](std::int64_t s) { return s < 0; }),
          ErrorKind::input, "{}: mrope_section holds a negative number", origin);
}

}  // namespace halftone
