// LLaVA-1.5 as transformers stores it: a CLIP tower read before its last layer, two matrices, a Llama decoder.
// Liu et al. 2023, arXiv 2310.03744; the tower is that of Radford et al. 2021, arXiv 2103.00020.
#include <ATen/ops/arange.h>

#include "halftone/base/error.h"
#include "halftone/parts/decoder_keys.h"
#include "halftone/parts/patch_embed.h"
#include "halftone/parts/projector.h"
#include "halftone/parts/rms_decoder.h"
#include "halftone/parts/tower_keys.h"
#include "halftone/parts/vit.h"
#include "halftone/plugin/family.h"

namespace halftone {
namespace {

struct Config {
  DecoderConfig decoder;
  VitConfig vision;  // its layers are those that run
  PatchEmbedConfig embed;
  std::int64_t vision_layers = 0;  // of the checkpoint
  std::int64_t image_token = 0, max_positions = 0;
  bool class_token = false;  // among the features
  bool projector_bias = true;
  Activation projector_activation = Activation::gelu;

  std::int64_t image_size() const { return embed.grid * embed.patch; }
};

// Names as published, and as newer libraries keep them in memory.
struct Names {
  std::string tower, projector, text;  // prefixes
  std::string head;                    // a module
};

Names names_of(const CheckpointFacts& facts) {
  const bool nested = facts.has_tensor("model.language_model.embed_tokens.weight");
  const std::string root = nested ? "model." : "";
  const bool bare_tower = facts.has_tensor(root + "vision_tower.embeddings.class_embedding");
  return {root + (bare_tower ? "vision_tower." : "vision_tower.vision_model."), root + "multi_modal_projector.",
          nested ? "model.language_model." : "language_model.model.",
          nested ? "lm_head" : "language_model.lm_head"};
}

// ---- config.json

const Json& section(const Json& config, const char* key, const std::string& origin) {
  static const Json kEmpty = Json::object();
  if (!has(config, key)) return kEmpty;
  require(config[key].is_object(), ErrorKind::input, "{}: \"{}\" is not an object", origin, key);
  return config[key];
}

// The layout of the first authors: flat, pickled, its tower in another repository.
void refuse_original_layout(const Json& root, const std::string& origin) {
  const std::string type = get_string_or(root, "model_type", "", origin);
  const bool original = type == "llava_llama" || (has(root, "mm_vision_tower") && !has(root, "vision_config"));
  require(!original, ErrorKind::unsupported,
          "{}: this is LLaVA's original layout, which is not read; tools/convert_llava.py turns it and its "
          "CLIP folder into one that is",
          origin);
}

void require_type(const Json& part, const std::string& expected, const char* what, const std::string& origin) {
  const std::string type = get_string_or(part, "model_type", expected, origin);
  require(type == expected, ErrorKind::unsupported, "{}: {} \"{}\" is not supported, \"{}\" is", origin, what,
          type, expected);
}

// Keys that are missing have the defaults of transformers' LlamaConfig.
void read_decoder(const Json& text, const std::string& origin, Config& c) {
  require_type(text, "llama", "the language model", origin);
  DecoderConfig d;
  d.layers = 32;
  d.hidden = 4096;
  d.heads = 32;
  d.intermediate = 11008;
  d.vocabulary = 32000;
  d.qkv_bias = d.o_bias = get_bool_or(text, "attention_bias", false, origin);
  d.mlp_bias = get_bool_or(text, "mlp_bias", false, origin);
  c.decoder = read_decoder_keys(text, d, origin);
  c.max_positions = read_rope_keys(text, 1e4, 2048, c.decoder, origin);
}

// Without a vision_config the tower is CLIP-L/14-336, with one each missing key is that of CLIPVisionConfig.
void read_tower(const Json& root, const std::string& origin, Config& c) {
  static const Json kLarge = {{"hidden_size", 1024},     {"intermediate_size", 4096},
                              {"num_hidden_layers", 24}, {"num_attention_heads", 16},
                              {"image_size", 336},       {"patch_size", 14}};
  const Json& vision = has(root, "vision_config") ? section(root, "vision_config", origin) : kLarge;
  require_type(vision, "clip_vision_model", "the vision tower", origin);
  VitConfig small{.layers = 12, .hidden = 768, .heads = 12, .intermediate = 3072};
  small.norm_eps = 1e-5;
  c.vision = read_tower_keys(vision, small, origin);
  c.vision_layers = c.vision.layers;
  const char* key = "vision_feature_layer";
  require(!has(root, key) || !root[key].is_array(), ErrorKind::unsupported,
          "{}: several layers in {} are not supported", origin, key);
  c.vision.layers = layers_for_state(get_int_or(root, key, -2, origin), c.vision_layers, key, origin);
  read_patch_keys(vision, 32, 224, c.embed, origin);
  c.embed.hidden = c.vision.hidden;
  check_patch_embed(c.embed, origin);
}

void read_bridge(const Json& root, const std::string& origin, Config& c) {
  const std::string strategy = get_string_or(root, "vision_feature_select_strategy", "default", origin);
  require(strategy == "default" || strategy == "full", ErrorKind::unsupported,
          "{}: vision_feature_select_strategy \"{}\" is not supported, \"default\" and \"full\" are", origin,
          strategy);
  c.class_token = strategy == "full";
  c.projector_bias = get_bool_or(root, "multimodal_projector_bias", true, origin);
  c.projector_activation =
      activation_from_name(get_string_or(root, "projector_hidden_act", "gelu", origin), origin);
  c.image_token =
      get_int_or(root, "image_token_id", get_int_or(root, "image_token_index", 32000, origin), origin);
  require(c.image_token >= 0 && c.image_token < c.decoder.vocabulary, ErrorKind::input,
          "{}: image_token_index {} is outside the vocabulary of {}", origin, c.image_token,
          c.decoder.vocabulary);
}

Config read_config(const CheckpointFacts& facts) {
  const Json& root = facts.config;
  const std::string& origin = facts.config_path;
  refuse_original_layout(root, origin);
  const Json& text = section(root, "text_config", origin);
  Config c;
  read_decoder(text, origin, c);
  read_tower(root, origin, c);
  read_bridge(root, origin, c);
  const bool tied =
      get_bool_or(root, "tie_word_embeddings", get_bool_or(text, "tie_word_embeddings", false, origin), origin);
  c.decoder.tied_head = tied && !facts.has_tensor(names_of(facts).head + ".weight");
  return c;
}

// ---- the graph

TensorPart tower_module(const std::string& prefix, std::int64_t layer, std::string_view role) {
  static const std::map<std::string, std::string, std::less<>> kModules = {
      {"norm1", "layer_norm1"},  {"q", "self_attn.q_proj"},   {"k", "self_attn.k_proj"},
      {"v", "self_attn.v_proj"}, {"o", "self_attn.out_proj"}, {"norm2", "layer_norm2"},
      {"fc1", "mlp.fc1"},        {"fc2", "mlp.fc2"}};
  return {fmt::format("{}encoder.layers.{}.{}", prefix, layer, kModules.find(role)->second), {}};
}

TensorPart decoder_module(const std::string& prefix, std::int64_t layer, std::string_view role) {
  static const std::map<std::string, std::string, std::less<>> kModules = {
      {"attn_norm", "input_layernorm"}, {"q", "self_attn.q_proj"}, {"k", "self_attn.k_proj"},
      {"v", "self_attn.v_proj"},        {"o", "self_attn.o_proj"}, {"mlp_norm", "post_attention_layernorm"},
      {"gate", "mlp.gate_proj"},        {"up", "mlp.up_proj"},     {"down", "mlp.down_proj"}};
  return {fmt::format("{}layers.{}.{}", prefix, layer, kModules.find(role)->second), {}};
}

void add_tower(ModelGraph& graph, SpaceId hidden, const Config& config, const std::string& prefix) {
  PatchEmbedConfig embed = config.embed;
  embed.conv_module = prefix + "embeddings.patch_embedding";
  embed.class_token = {prefix + "embeddings.class_embedding", {embed.hidden}};
  embed.positions = {prefix + "embeddings.position_embedding.weight", {}};
  embed.norm = NormKind::layer;
  embed.norm_module = prefix + "pre_layrnorm";  // sic
  embed.norm_eps = config.vision.norm_eps;
  add_patch_embed(graph, hidden, embed);
  add_vit(graph, hidden, config.vision,
          [=](std::int64_t layer, std::string_view role) { return tower_module(prefix, layer, role); });
}

void add_bridge(ModelGraph& graph, SpaceId vision, SpaceId language, const Config& config,
                const std::string& prefix) {
  ProjectorConfig projector;
  projector.from = vision;
  projector.to = language;
  projector.mid = config.decoder.hidden;
  projector.activation = config.projector_activation;
  projector.bias = config.projector_bias;
  projector.fc1_module = prefix + "linear_1";
  projector.fc2_module = prefix + "linear_2";
  const std::int64_t rows = config.embed.patches() + 1;
  projector.merge = [rows, keep = config.class_token](const Tensor& x, const Batch&) {
    return keep ? x : drop_class_token(x, rows);
  };
  add_projector(graph, projector);
}

// The tower's layers behind the one that is read, and what else files carry along.
std::vector<std::string> unused_tensors(const Config& config, const Names& names) {
  std::vector<std::string> unused = {names.tower + "post_layernorm.*", "*rotary_emb.inv_freq", "*position_ids",
                                     "*image_newline"};
  for (std::int64_t i = config.vision.layers; i < config.vision_layers; ++i)
    unused.push_back(fmt::format("{}encoder.layers.{}.*", names.tower, i));
  if (config.decoder.tied_head) unused.push_back(names.head + ".weight");
  return unused;
}

ModelGraph build_graph(const Config& config, const Names& names) {
  ModelGraph graph;
  graph.image_token = config.image_token;
  graph.vocabulary = config.decoder.vocabulary;
  graph.max_positions = config.max_positions;
  graph.positions = [](std::span<const std::int64_t> ids, std::span<const ImageLayout>) {
    return at::arange(static_cast<std::int64_t>(ids.size()), at::kLong).unsqueeze(0);
  };
  graph.vision_rows = [rows = config.embed.patches() + 1](const ImageLayout& layout) {
    return tile_rows(layout, rows);
  };
  // The stream begins behind a norm with gains and is read by the projector without one: it cannot turn.
  const SpaceId vision = add_vision_space(graph, config.vision, {});
  const SpaceId language = add_language_space(graph, config.decoder);
  add_tower(graph, vision, config, names.tower);
  add_bridge(graph, vision, language, config, names.projector);
  add_rms_decoder(
      graph, language, config.decoder,
      {[=](std::int64_t layer, std::string_view role) { return decoder_module(names.text, layer, role); },
       names.text + "embed_tokens", names.text + "norm", names.head});
  graph.modules = {{Stage::vision, {names.tower, R"(.*vision_tower\.(vision_model\.)?)"}},
                   {Stage::bridge, {names.projector, R"(.*multi_modal_projector\.)"}},
                   {Stage::language, {names.text + "layers.", R"(.*language_model\.(model\.)?layers\.)"}},
                   {Stage::head, {names.head, R"(.*lm_head)"}}};
  graph.unused = unused_tensors(config, names);
  return graph;
}

// ---- preprocessor_config.json

// A square's side: a number, or an object with shortest_edge or with height and width.
std::int64_t side_of(const Json& json, const char* key, std::int64_t fallback, const std::string& origin) {
  if (!has(json, key)) return fallback;
  if (!json[key].is_object()) return get_int(json, key, origin);
  const Json& size = json[key];
  if (has(size, "shortest_edge")) return get_int(size, "shortest_edge", origin);
  const std::int64_t height = get_int(size, "height", origin), width = get_int(size, "width", origin);
  require(height == width, ErrorKind::unsupported, "{}: {} of {} x {} is no square", origin, key, height,
          width);
  return height;
}

CropPolicy read_images(const CheckpointFacts& facts, const Config& config) {
  static const Json kEmpty = Json::object();
  const Json& json = facts.preprocessor ? *facts.preprocessor : kEmpty;
  const std::string& origin = facts.preprocessor_path;
  CropPolicy policy;
  policy.pad_to_square = get_bool_or(json, "do_pad", false, origin);
  const bool crops = get_bool_or(json, "do_center_crop", true, origin);
  const bool stretches = has(json, "size") && json["size"].is_object() && !has(json["size"], "shortest_edge");
  require(
      policy.pad_to_square || (crops && !stretches), ErrorKind::unsupported,
      "{}: pictures that are stretched to a square (size without shortest_edge, or do_center_crop false) are "
      "not supported",
      origin);
  const std::int64_t edge = side_of(json, "size", config.image_size(), origin);
  const std::int64_t crop = crops ? side_of(json, "crop_size", config.image_size(), origin) : edge;
  require(crop == config.image_size() && edge > 0 && edge <= 1 << 14, ErrorKind::input,
          "{}: pictures become {} pixels (cut to {}), but {} makes the tower read {}", origin, edge, crop,
          facts.config_path, config.image_size());
  policy.shortest_edge = static_cast<int>(edge);
  policy.crop = static_cast<int>(crop);
  policy.patch = static_cast<int>(config.embed.patch);
  policy.extra_tokens = config.class_token ? 1 : 0;
  policy.resample = read_resample(json, Resample::bicubic, origin);
  policy.norm = read_pixel_norm(
      json, origin, PixelNorm{{0.48145466, 0.4578275, 0.40821073}, {0.26862954, 0.26130258, 0.27577711}});
  for (std::size_t i = 0; i < 3; ++i)
    policy.background[i] = static_cast<std::uint8_t>(std::clamp(255 * policy.norm.mean[i], 0.0, 255.0));
  return policy;
}

// Vicuna's turns. The checkpoints' own template writes a blank behind an answer; models were trained to end it.
ChatFormat chat_format() {
  ChatFormat chat;
  chat.user = {"USER: ", "", ""};
  chat.assistant = {"ASSISTANT: ", "</s>", ""};
  chat.generation_prefix = "ASSISTANT:";
  chat.image_token = "<image>";
  chat.after_image = "\n";
  chat.images_first = true;
  chat.after_text = " ";
  return chat;
}

class Llava final : public Family {
 public:
  std::vector<std::string> model_types() const override { return {"llava", "llava_llama"}; }
  std::string summary() const override { return "LLaVA-1.5 7B, 13B, as transformers stores them"; }
  ModelSpec open(const CheckpointFacts& facts) const override {
    const Config config = read_config(facts);
    return {build_graph(config, names_of(facts)), read_images(facts, config), chat_format()};
  }
};

}  // namespace

std::unique_ptr<Family> make_llava() { return std::make_unique<Llava>(); }

}  // namespace halftone
