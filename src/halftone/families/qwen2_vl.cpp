// Qwen2-VL: a vision tower of any picture size with 2-D rotary positions, a merger of 2 x 2 patches, and a
// Qwen2 decoder with temporal, height and width positions. Wang et al. 2024, arXiv 2409.12191.
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include "halftone/base/error.h"
#include "halftone/model/block_builder.h"
#include "halftone/model/ops.h"
#include "halftone/nn/rope.h"
#include "halftone/parts/decoder_keys.h"
#include "halftone/parts/projector.h"
#include "halftone/parts/rms_decoder.h"
#include "halftone/parts/vit.h"
#include "halftone/plugin/family.h"

namespace halftone {
namespace {

constexpr std::int64_t kPixelChannels = 3;
constexpr double kVisionTheta = 10000.0;

struct Config {
  DecoderConfig decoder;
  VitConfig vision;
  std::int64_t patch = 14, temporal = 2, merge = 2;
  std::int64_t image_token = 0, max_positions = 0;

  std::int64_t pixels() const { return kPixelChannels * temporal * patch * patch; }
};

// Text keys stand at the top level, or in text_config in files that newer libraries saved.
const Json& text_block(const Json& config) {
  const bool nested =
      has(config, "text_config") && config["text_config"].is_object() && !config["text_config"].empty();
  return nested ? config["text_config"] : config;
}

// Rope with three axes: sections of temporal, height and width positions.
void read_sections(const Json& text, DecoderConfig& decoder, const std::string& origin) {
  const Json rope = rope_block(text);
  for (const char* key : {"rope_type", "type"}) {
    const std::string type = get_string_or(rope, key, "default", origin);
    require(type == "default" || type == "mrope", ErrorKind::unsupported,
            "{}: rope type \"{}\" is not supported", origin, type);
  }
  decoder.rope_sections = get_ints_or(rope, "mrope_section", {16, 24, 24}, origin);
  require(decoder.rope_sections.size() == 3, ErrorKind::input, "{}: mrope_section needs three numbers", origin);
}

DecoderConfig read_decoder(const Json& config, const std::string& origin) {
  const Json& text = text_block(config);
  DecoderConfig d;
  d.layers = 80;
  d.hidden = 8192;
  d.heads = 64;
  d.kv_heads = 8;
  d.intermediate = 29568;
  d.vocabulary = 152064;
  d.norm_eps = 1e-5;
  d.qkv_bias = true;
  d = read_decoder_keys(text, d, origin);
  read_sections(text, d, origin);
  check_decoder(d, origin);
  const double theta =
      get_double_or(text, "rope_theta", get_double_or(rope_block(text), "rope_theta", 1e6, origin), origin);
  require(theta > 0, ErrorKind::input, "{}: rope_theta is {}", origin, theta);
  d.frequencies = inverse_frequencies(d.head_dim, theta);
  return d;
}

Config read_config(const CheckpointFacts& facts) {
  const Json& root = facts.config;
  const std::string& origin = facts.config_path;
  const Json& vision = get_object(root, "vision_config", origin);
  Config c;
  c.decoder = read_decoder(root, origin);
  c.vision.layers = get_int_or(vision, "depth", 32, origin);
  c.vision.hidden = get_int_or(vision, "embed_dim", 1280, origin);
  c.vision.heads = get_int_or(vision, "num_heads", 16, origin);
  c.vision.intermediate = static_cast<std::int64_t>(static_cast<double>(c.vision.hidden) *
                                                    get_double_or(vision, "mlp_ratio", 4, origin));
  c.vision.activation = activation_from_name(get_string_or(vision, "hidden_act", "quick_gelu", origin), origin);
  c.vision.rope_theta = kVisionTheta;
  check_vit(c.vision, origin);
  c.patch = get_int_or(vision, "patch_size", 14, origin);
  c.temporal = get_int_or(vision, "temporal_patch_size", 2, origin);
  c.merge = get_int_or(vision, "spatial_merge_size", 2, origin);
  const auto small = [](std::int64_t value) { return value >= 1 && value <= 1024; };
  require(small(c.patch) && small(c.temporal) && small(c.merge), ErrorKind::input,
          "{}: patch_size {}, temporal_patch_size {} and spatial_merge_size {} cannot be", origin, c.patch,
          c.temporal, c.merge);
  const std::int64_t out = get_int_or(vision, "hidden_size", c.decoder.hidden, origin);
  require(out == c.decoder.hidden, ErrorKind::input,
          "{}: vision_config.hidden_size {} is not the language model's {}", origin, out, c.decoder.hidden);
  c.image_token = get_int_or(root, "image_token_id", 151655, origin);
  require(c.image_token >= 0 && c.image_token < c.decoder.vocabulary, ErrorKind::input,
          "{}: image_token_id {} is outside the vocabulary of {}", origin, c.image_token, c.decoder.vocabulary);
  c.max_positions = get_int_or(text_block(root), "max_position_embeddings", 32768, origin);
  require(c.max_positions > 0, ErrorKind::input, "{}: max_position_embeddings is {}", origin, c.max_positions);
  const bool tied = get_bool_or(root, "tie_word_embeddings",
                                get_bool_or(text_block(root), "tie_word_embeddings", false, origin), origin);
  c.decoder.tied_head = tied && !facts.has_tensor("lm_head.weight");
  return c;
}

// ---- sequences

// Rows and columns of a picture's patches in the order of its pixel rows: merge x merge blocks, block by block.
Tensor patch_coordinates(const ImageLayout& layout, std::int64_t merge) {
  const auto [t, h, w] = layout.grid;
  const auto in_blocks = [&](const Tensor& grid) {
    return grid.view({h / merge, merge, w / merge, merge}).permute({0, 2, 1, 3}).reshape({-1});
  };
  const Tensor rows = at::arange(h, at::kLong).view({-1, 1}).expand({h, w}).contiguous();
  const Tensor columns = at::arange(w, at::kLong).view({1, -1}).expand({h, w}).contiguous();
  return at::stack({in_blocks(rows), in_blocks(columns)}, 1).repeat({t, 1});
}

VisionRows vision_rows(const ImageLayout& layout, std::int64_t merge) {
  const auto [t, h, w] = layout.grid;
  return {std::vector<std::int64_t>(static_cast<size_t>(t), h * w), patch_coordinates(layout, merge)};
}

// Temporal, height and width positions: text counts on along all three; a picture's tokens spread over its grid
// from one starting point, and text goes on behind its longest side.
Tensor positions(std::span<const std::int64_t> ids, std::span<const ImageLayout> layouts,
                 const Config& config) {
  std::vector<std::int64_t> axes[3];
  std::int64_t next = 0;
  size_t picture = 0;
  for (size_t i = 0; i < ids.size();) {
    if (ids[i] != config.image_token || picture == layouts.size()) {
      for (auto& axis : axes) axis.push_back(next);
      ++next;
      ++i;
      continue;
    }
    const auto [t, rows, columns] = layouts[picture++].grid;
    const std::int64_t h = rows / config.merge, w = columns / config.merge;
    for (std::int64_t k = 0; k < t * h * w; ++k) {
      axes[0].push_back(next + k / (h * w));
      axes[1].push_back(next + k / w % h);
      axes[2].push_back(next + k % w);
    }
    i += static_cast<size_t>(t * h * w);
    next += std::max({t, h, w});
  }
  return at::stack(
      {at::tensor(axes[0], at::kLong), at::tensor(axes[1], at::kLong), at::tensor(axes[2], at::kLong)});
}

// ---- the graph

// Names as published, and as newer libraries save them.
struct Prefixes {
  std::string vision, text;
};

Prefixes prefixes(const CheckpointFacts& facts) {
  if (facts.has_tensor("model.visual.patch_embed.proj.weight"))
    return {"model.visual.", "model.language_model."};
  return {"visual.", "model."};
}

// q, k and v of the tower stand one above the other in one tensor.
TensorPart vision_module(const std::string& prefix, const VitConfig& config, std::int64_t layer,
                         std::string_view role) {
  static const std::map<std::string, std::string, std::less<>> kModules = {
      {"norm1", "norm1"}, {"q", "attn.qkv"},  {"k", "attn.qkv"},  {"v", "attn.qkv"},
      {"o", "attn.proj"}, {"norm2", "norm2"}, {"fc1", "mlp.fc1"}, {"fc2", "mlp.fc2"}};
  return {fmt::format("{}blocks.{}.{}", prefix, layer, kModules.find(role)->second), thirds(config, role)};
}

void add_patch_embedding(ModelGraph& graph, SpaceId hidden, const Config& config, const std::string& prefix) {
  const SpaceId pixels = add_space(graph, {"vision.pixels", config.pixels(), {}, 0});
  BlockBuilder b(graph, "patch_embed", Stage::vision);
  const int proj = b.linear(
      {.name = "proj",
       .module = {prefix + "patch_embed.proj", {}},
       .output = {hidden},
       .input = {pixels},
       .file_shape = {config.vision.hidden, kPixelChannels, config.temporal, config.patch, config.patch},
       .convolution = true});
  b.segment("embed", [=](Ops& ops, const Flow& flow) -> Flow {
    return {ops.point("vision.patch_embed", ops.linear(proj, flow.hidden.to(ops.compute()))), flow.batch,
            flow.side};
  });
  b.finish();
}

void add_merger(ModelGraph& graph, SpaceId vision, SpaceId language, const Config& config,
                const std::string& prefix) {
  const std::int64_t merged = config.merge * config.merge;
  ProjectorConfig projector;
  projector.from = vision;
  projector.to = language;
  projector.merged = merged;
  projector.mid = config.vision.hidden * merged;
  projector.norm = NormKind::layer;
  projector.norm_module = prefix + "merger.ln_q";
  projector.fc1_module = prefix + "merger.mlp.0";
  projector.fc2_module = prefix + "merger.mlp.2";
  projector.merge = [merged](const Tensor& rows, const Batch&) {
    return rows.view({-1, merged * rows.size(1)});
  };
  add_projector(graph, projector);
}

ModelGraph build_graph(const Config& config, const Prefixes& prefix) {
  ModelGraph graph;
  graph.image_token = config.image_token;
  graph.vocabulary = config.decoder.vocabulary;
  graph.max_positions = config.max_positions;
  graph.positions = [config](auto ids, auto layouts) { return positions(ids, layouts, config); };
  graph.vision_rows = [merge = config.merge](const ImageLayout& layout) { return vision_rows(layout, merge); };
  const SpaceId vision = add_vision_space(graph, config.vision, {.orthogonal_ones = true, .centring = true});
  const SpaceId language = add_language_space(graph, config.decoder);
  add_patch_embedding(graph, vision, config, prefix.vision);
  add_vit(graph, vision, config.vision, [=, c = config.vision](std::int64_t layer, std::string_view role) {
    return vision_module(prefix.vision, c, layer, role);
  });
  add_merger(graph, vision, language, config, prefix.vision);
  add_rms_decoder(graph, language, config.decoder, plain_names(prefix.text, "lm_head"));
  graph.modules = {{Stage::vision, {prefix.vision, R"(.*visual\.)"}},
                   {Stage::bridge, {prefix.vision + "merger.", R"(.*visual\.merger\.)"}},
                   {Stage::language, {prefix.text + "layers.", R"((?!.*visual\.).*layers\.)"}},
                   {Stage::head, {"lm_head", ".*lm_head"}}};
  graph.unused = {"*rotary_emb.inv_freq", "*rotary_pos_emb.inv_freq"};
  if (config.decoder.tied_head) graph.unused.push_back("lm_head.weight");
  return graph;
}

PatchGridPolicy read_images(const CheckpointFacts& facts, const Config& config) {
  const Json empty = Json::object();
  const Json& json = facts.preprocessor ? *facts.preprocessor : empty;
  const std::string& origin = facts.preprocessor_path;
  PatchGridPolicy policy;
  policy.patch = static_cast<int>(config.patch);
  policy.temporal = static_cast<int>(config.temporal);
  policy.merge = static_cast<int>(config.merge);
  const Json& size = has(json, "size") && json["size"].is_object() ? json["size"] : empty;
  policy.min_pixels = get_int_or(json, "min_pixels", get_int_or(size, "shortest_edge", 3136, origin), origin);
  policy.max_pixels = get_int_or(json, "max_pixels", get_int_or(size, "longest_edge", 1003520, origin), origin);
  policy.resample = read_resample(json, Resample::bicubic, origin);
  policy.norm = read_pixel_norm(
      json, origin, PixelNorm{{0.48145466, 0.4578275, 0.40821073}, {0.26862954, 0.26130258, 0.27577711}});
  for (const auto& [key, value] : {std::pair{"patch_size", config.patch},
                                   {"temporal_patch_size", config.temporal},
                                   {"merge_size", config.merge}}) {
    const std::int64_t given = get_int_or(json, key, value, origin);
    require(given == value, ErrorKind::input, "{}: {} is {}, but {} makes it {}", origin, key, given,
            facts.config_path, value);
  }
  check_policy(policy, origin);
  return policy;
}

ChatFormat chat_format() {
  ChatFormat chat = chatml("\n");
  chat.default_system = "You are a helpful assistant.";
  chat.image_open = "<|vision_start|>";
  chat.image_token = "<|image_pad|>";
  chat.image_close = "<|vision_end|>";
  return chat;
}

class Qwen2Vl final : public Family {
 public:
  std::vector<std::string> model_types() const override { return {"qwen2_vl"}; }
  std::string summary() const override { return "Qwen2-VL 2B, 7B, 72B"; }
  ModelSpec open(const CheckpointFacts& facts) const override {
    const Config config = read_config(facts);
    return {build_graph(config, prefixes(facts)), read_images(facts, config), chat_format()};
  }
};

}  // namespace

std::unique_ptr<Family> make_qwen2_vl() { return std::make_unique<Qwen2Vl>(); }

}  // namespace halftone
