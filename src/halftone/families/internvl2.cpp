// InternVL2, 2.5 and 3: pictures cut into square tiles, an InternViT tower of layer or RMS norms, neighbours
// shuffled side by side, and a decoder of the Llama line; as first published ("internvl_chat") and as
// transformers stores it ("internvl"). Chen et al. 2024, arXiv 2404.16821, 2412.05271; 2504.10479.
#include <cmath>

#include "halftone/base/error.h"
#include "halftone/parts/decoder_keys.h"
#include "halftone/parts/projector.h"
#include "halftone/parts/tower_keys.h"
#include "halftone/plugin/family.h"

namespace halftone {
namespace {

constexpr const char* kImageToken = "<IMG_CONTEXT>";
const PixelNorm kImageNet{{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}};

enum class Language { qwen2, llama, internlm2, phi3 };

// What one model is called in the two layouts, and the defaults of its config class.
struct LanguageKind {
  Language language;
  const char *architecture, *model_type;  // null: the layout lacks it
  std::int64_t vocabulary, hidden, intermediate, positions;
  double norm_eps;
};
constexpr LanguageKind kLanguages[] = {
    {Language::qwen2, "Qwen2ForCausalLM", "qwen2", 151936, 4096, 22016, 32768, 1e-6},
    {Language::llama, "LlamaForCausalLM", "llama", 32000, 4096, 11008, 2048, 1e-6},
    {Language::internlm2, "InternLM2ForCausalLM", nullptr, 103168, 4096, 11008, 2048, 1e-6},
    {Language::phi3, "Phi3ForCausalLM", nullptr, 32064, 3072, 8192, 4096, 1e-5}};

// What the two layouts call things and take for granted; that of the original is the tower of six billion.
struct VisionKind {
  const char *type, *qkv_bias, *qk_norm, *state, *norm;
  bool has_qk_norm;
  VitConfig tower;
  std::int64_t image;
};
const VisionKind kOriginalVision{"intern_vit_6b", "qkv_bias", "qk_normalization",    "select_layer",
                                 "rms_norm",      true,       {48, 3200, 25, 12800}, 224};
const VisionKind kNewVision{"internvl_vision",    "attention_bias",
                            "use_qk_norm",        "vision_feature_layer",
                            "layer_norm",         false,
                            {24, 1024, 16, 4096}, 448};

struct Config {
  bool original = true;  // layout
  Language language = Language::qwen2;
  DecoderConfig decoder;
  VitConfig vision;  // its layers are those that run
  PatchEmbedConfig embed;
  std::int64_t vision_layers = 0;  // of the checkpoint
  std::int64_t image_token = -1, max_positions = 0;
  std::int64_t merge = 2;  // patches on a side of what becomes one token
  bool by_column = false;  // order of the tokens of a tile
  Activation projector_activation = Activation::gelu;
};

// ---- the language model

const LanguageKind& language_kind(const Json& text, bool original, const std::string& origin) {
  std::string name = get_string_or(text, "model_type", "", origin);
  if (original) {
    const Json names = has(text, "architectures") ? text["architectures"] : Json();
    require(names.is_array() && names.size() == 1 && names[0].is_string(), ErrorKind::input,
            "{}: llm_config.architectures does not name one language model", origin);
    name = names[0].get<std::string>();
  }
  std::vector<std::string> known;
  for (const auto& kind : kLanguages) {
    const char* called = original ? kind.architecture : kind.model_type;
    if (!called) continue;
    if (name == called) return kind;
    known.emplace_back(called);
  }
  fail(ErrorKind::unsupported, "{}: the language model \"{}\" is not supported, these are: {}", origin, name,
       fmt::join(known, ", "));
}

void read_language(const Json& root, const std::string& origin, Config& c) {
  const Json& text = get_object(root, c.original ? "llm_config" : "text_config", origin);
  const LanguageKind& kind = language_kind(text, c.original, origin);
  const auto flag = [&](const char* key, bool fallback) { return get_bool_or(text, key, fallback, origin); };
  c.language = kind.language;
  DecoderConfig d;
  d.layers = d.heads = 32;
  d.hidden = kind.hidden;
  d.intermediate = kind.intermediate;
  d.vocabulary = kind.vocabulary;
  d.norm_eps = kind.norm_eps;
  if (c.language == Language::qwen2) d.qkv_bias = true;
  if (c.language == Language::llama) d.qkv_bias = d.o_bias = flag("attention_bias", false);
  if (c.language == Language::llama) d.mlp_bias = flag("mlp_bias", false);
  if (c.language == Language::internlm2) d.qkv_bias = d.o_bias = flag("bias", true);
  c.decoder = read_decoder_keys(text, d, origin);
  c.max_positions = read_rope_keys(text, 1e4, kind.positions, c.decoder, origin);
  // The original keeps its head apart whatever the config says.
  c.decoder.tied_head =
      !c.original && get_bool_or(root, "tie_word_embeddings", flag("tie_word_embeddings", false), origin);
}

TensorPart internlm2_module(const DecoderConfig& c, std::int64_t layer, std::string_view role) {
  static const std::map<std::string, std::string, std::less<>> kModules = {
      {"attn_norm", "attention_norm"}, {"q", "attention.wqkv"},   {"k", "attention.wqkv"},
      {"v", "attention.wqkv"},         {"o", "attention.wo"},     {"mlp_norm", "ffn_norm"},
      {"gate", "feed_forward.w1"},     {"up", "feed_forward.w3"}, {"down", "feed_forward.w2"}};
  return {fmt::format("language_model.model.layers.{}.{}", layer, kModules.find(role)->second),
          grouped_qkv(c, role)};
}

// ---- the tower

NormKind norm_from_name(const std::string& name, const std::string& origin) {
  require(name == "layer_norm" || name == "rms_norm", ErrorKind::unsupported,
          "{}: norm_type \"{}\" is not supported, \"layer_norm\" and \"rms_norm\" are", origin, name);
  return name == "layer_norm" ? NormKind::layer : NormKind::rms;
}

void read_tower(const Json& root, const std::string& origin, Config& c) {
  const Json& vision = get_object(root, "vision_config", origin);
  const VisionKind& kind = c.original ? kOriginalVision : kNewVision;
  const std::string type = get_string_or(vision, "model_type", kind.type, origin);
  require(type == kind.type, ErrorKind::unsupported, "{}: the vision tower \"{}\" is not supported, \"{}\" is",
          origin, type, kind.type);
  VitConfig v = kind.tower;
  v.activation = Activation::gelu;
  v.layer_scale = true;
  v.norm = norm_from_name(get_string_or(vision, "norm_type", kind.norm, origin), origin);
  v.qkv_bias = get_bool_or(vision, kind.qkv_bias, false, origin);
  v.qk_norm = get_bool_or(vision, kind.qk_norm, kind.has_qk_norm, origin);
  c.vision = read_tower_keys(vision, v, origin);
  c.vision_layers = c.vision.layers;
  c.vision.layers =
      layers_for_state(get_int_or(root, kind.state, -1, origin), c.vision_layers, kind.state, origin);
  c.embed.hidden = c.vision.hidden;
  read_patch_keys(vision, 14, kind.image, c.embed, origin);
}

TensorPart vision_module(const std::string& prefix, const Config& c, std::int64_t layer,
                         std::string_view role) {
  using Modules = std::map<std::string, std::string, std::less<>>;
  static const Modules kOriginal = {
      {"q", "attn.qkv"}, {"k", "attn.qkv"}, {"v", "attn.qkv"}, {"o", "attn.proj"}};
  static const Modules kNew = {{"norm1", "layernorm_before"}, {"norm2", "layernorm_after"},
                               {"ls1", "lambda_1"},           {"ls2", "lambda_2"},
                               {"q", "attention.q_proj"},     {"k", "attention.k_proj"},
                               {"v", "attention.v_proj"},     {"o", "attention.projection_layer"}};
  const Modules& modules = c.original ? kOriginal : kNew;
  std::string module(role);
  if (const auto at = modules.find(role); at != modules.end()) module = at->second;
  if (role.starts_with("fc")) module = fmt::format("mlp.{}", role);
  if (role.ends_with("_norm")) module = fmt::format("{}.{}", c.original ? "attn" : "attention", role);
  return {fmt::format("{}{}.{}.{}", prefix, c.original ? "encoder.layers" : "encoder.layer", layer, module),
          c.original ? thirds(c.vision, role) : RowPattern{}};
}

// ---- pictures

int read_count(const Json& json, const char* key, std::int64_t fallback, const std::string& origin) {
  const std::int64_t value = get_int_or(json, key, fallback, origin);
  require(value >= 1 && value <= 1 << 14, ErrorKind::input, "{}: {} is {}", origin, key, value);
  return static_cast<int>(value);
}

// The pipeline published with the model takes its numbers from config.json and leaves the preprocessor's alone.
TilePolicy original_tiles(const Json& root, std::int64_t side, const std::string& origin) {
  require(!get_bool_or(root, "pad2square", false, origin), ErrorKind::unsupported,
          "{}: pad2square is not supported", origin);
  const bool dynamic = get_bool_or(root, "dynamic_image_size", false, origin);
  TilePolicy policy;
  policy.tile = read_count(root, "force_image_size", side, origin);
  policy.min_tiles = dynamic ? read_count(root, "min_dynamic_patch", 1, origin) : 1;
  policy.max_tiles = dynamic ? read_count(root, "max_dynamic_patch", 6, origin) : 1;
  policy.thumbnail = get_bool_or(root, "use_thumbnail", false, origin);
  policy.norm = kImageNet;
  return policy;
}

TilePolicy new_tiles(const Json& json, std::int64_t side, const std::string& origin) {
  const Json size = has(json, "size") && json["size"].is_object() ? json["size"] : Json::object();
  TilePolicy policy;
  policy.tile = read_count(size, "height", side, origin);
  require(get_int_or(size, "width", policy.tile, origin) == policy.tile, ErrorKind::unsupported,
          "{}: size is no square, others are not supported", origin);
  policy.min_tiles = read_count(json, "min_patches", 1, origin);
  policy.max_tiles = read_count(json, "max_patches", 12, origin);
  policy.resample = read_resample(json, Resample::bicubic, origin);
  policy.norm = read_pixel_norm(json, origin, kImageNet);
  return policy;
}

TilePolicy read_images(const CheckpointFacts& facts, const Config& c) {
  const std::string& origin = c.original ? facts.config_path : facts.preprocessor_path;
  const std::int64_t side = c.embed.grid * c.embed.patch;
  TilePolicy policy = c.original ? original_tiles(facts.config, side, origin)
                                 : new_tiles(facts.preprocessor.value_or(Json::object()), side, origin);
  policy.patch = static_cast<int>(c.embed.patch);
  policy.merge = static_cast<int>(c.merge);
  check_policy(policy, origin);
  return policy;
}

// ---- config.json

void read_bridge(const Json& root, const std::string& origin, Config& c) {
  const double ratio = get_double_or(root, "downsample_ratio", 0.5, origin), merge = std::round(1 / ratio);
  require(merge >= 1 && merge <= 64 && std::abs(merge * ratio - 1) < 1e-9, ErrorKind::input,
          "{}: downsample_ratio {} is not one over a whole number", origin, ratio);
  c.merge = static_cast<std::int64_t>(merge);
  const std::string version = get_string_or(root, "ps_version", c.original ? "v1" : "v2", origin);
  require(version == "v1" || version == "v2", ErrorKind::unsupported, "{}: ps_version \"{}\" is not supported",
          origin, version);
  c.by_column = version == "v1";
  const std::string strategy = get_string_or(root, "vision_feature_select_strategy", "default", origin);
  require(strategy == "default", ErrorKind::unsupported,
          "{}: vision_feature_select_strategy \"{}\" is not supported", origin, strategy);
  c.projector_activation =
      activation_from_name(get_string_or(root, "projector_hidden_act", "gelu", origin), origin);
}

// The original's config does not tell which token stands for pictures, its tokenizer does.
void read_image_token(const CheckpointFacts& facts, Config& c) {
  const std::string& origin = facts.config_path;
  if (!c.original) c.image_token = get_int_or(facts.config, "image_token_id", -1, origin);
  if (c.image_token < 0) c.image_token = facts.token_id(kImageToken).value_or(-1);
  require(c.image_token < c.decoder.vocabulary, ErrorKind::input,
          "{}: the id {} of {} is outside the vocabulary of {}", origin, c.image_token, kImageToken,
          c.decoder.vocabulary);
}

Config read_config(const CheckpointFacts& facts) {
  const Json& root = facts.config;
  const std::string& origin = facts.config_path;
  Config c;
  c.original = get_string_or(root, "model_type", "", origin) == "internvl_chat";
  read_language(root, origin, c);
  read_tower(root, origin, c);
  read_bridge(root, origin, c);
  read_image_token(facts, c);
  return c;
}

// ---- the graph

// Prefixes, and modules of the bridge and the head.
struct Names {
  std::string vision, bridge, norm, fc1, fc2, text, head;
};

// Newer libraries move the parts of the new layout below "model.".
Names names_of(const CheckpointFacts& facts, const Config& c) {
  Names names{"vision_model.", "mlp1.", "0", "1", "3", "language_model.model.", "language_model.lm_head"};
  if (c.language == Language::internlm2) names.head = "language_model.output";
  if (c.original) return names;
  names = {"vision_tower.", "multi_modal_projector.", "layer_norm", "linear_1", "linear_2", names.text,
           names.head};
  if (facts.has_tensor("vision_tower.embeddings.cls_token")) return names;
  names.vision.insert(0, "model.");
  names.bridge.insert(0, "model.");
  names.text = "model.language_model.";
  names.head = "lm_head";
  return names;
}

void name_embed(PatchEmbedConfig& embed, const Names& names, bool original) {
  const std::string base = names.vision + "embeddings.";
  embed.conv_module = base + (original ? "patch_embedding" : "patch_embeddings.projection");
  embed.conv_bias = true;
  embed.class_token = {base + (original ? "class_embedding" : "cls_token"), {1, 1, embed.hidden}};
  embed.positions = {base + (original ? "position_embedding" : "position_embeddings"),
                     {1, embed.position_grid * embed.position_grid + 1, embed.hidden}};
}

void add_bridge(ModelGraph& graph, SpaceId vision, SpaceId language, const Config& c, const Names& names) {
  ProjectorConfig p;
  p.from = vision;
  p.to = language;
  p.merged = c.merge * c.merge;
  p.mid = c.decoder.hidden;
  p.norm = NormKind::layer;
  p.norm_after_merge = true;
  p.norm_eps = 1e-5;  // the tower's is its own
  p.activation = c.projector_activation;
  p.norm_module = names.bridge + names.norm;
  p.fc1_module = names.bridge + names.fc1;
  p.fc2_module = names.bridge + names.fc2;
  p.merge = [embed = c.embed, merge = c.merge, by_column = c.by_column](const Tensor& rows, const Batch&) {
    return merge_neighbours(drop_class_token(rows, embed.rows()), embed.grid, merge, by_column);
  };
  add_projector(graph, p);
}

DecoderNames decoder_names(const Config& c, const Names& names) {
  if (c.language == Language::phi3) return fused_names(names.text, names.head, c.decoder);
  DecoderNames all = plain_names(names.text, names.head);
  if (c.language != Language::internlm2) return all;
  all.embedding = names.text + "tok_embeddings";
  all.module = [d = c.decoder](std::int64_t layer, std::string_view role) {
    return internlm2_module(d, layer, role);
  };
  return all;
}

void name_modules(ModelGraph& graph, const Config& c, const Names& names) {
  const bool o = c.original, own_head = c.language == Language::internlm2;
  graph.modules = {{Stage::vision, {names.vision, o ? R"(.*vision_model\.)" : R"(.*vision_tower\.)"}},
                   {Stage::bridge, {names.bridge, o ? R"(.*mlp1\.)" : R"(.*multi_modal_projector\.)"}},
                   {Stage::language, {names.text + "layers.", R"(.*language_model\.(model\.)?layers\.)"}},
                   {Stage::head, {names.head, own_head ? R"(.*language_model\.output)" : ".*lm_head"}}};
  graph.unused = {"*rotary_emb.inv_freq"};
  for (std::int64_t i = c.vision.layers; i < c.vision_layers; ++i)
    graph.unused.push_back(fmt::format("{}encoder.layer{}.{}.*", names.vision, o ? "s" : "", i));
  if (c.decoder.tied_head) graph.unused.push_back(names.head + ".weight");
}

ModelGraph build_graph(const Config& c, const Names& names) {
  ModelGraph graph;
  graph.image_token = c.image_token;
  graph.vocabulary = c.decoder.vocabulary;
  graph.max_positions = c.max_positions;
  graph.positions = [](auto ids, auto) { return counted_positions(static_cast<std::int64_t>(ids.size())); };
  graph.vision_rows = [rows = c.embed.rows()](const ImageLayout& layout) { return tile_rows(layout, rows); };
  // The projector's norm goes over several patches at once: taking out the mean of each would show.
  const SpaceId vision = add_vision_space(graph, c.vision, {.orthogonal_ones = true});
  const SpaceId language = add_language_space(graph, c.decoder);
  add_patch_embed(graph, vision, c.embed);
  add_vit(graph, vision, c.vision, [c, prefix = names.vision](std::int64_t layer, std::string_view role) {
    return vision_module(prefix, c, layer, role);
  });
  add_bridge(graph, vision, language, c, names);
  add_rms_decoder(graph, language, c.decoder, decoder_names(c, names));
  name_modules(graph, c, names);
  return graph;
}

// ---- templates

constexpr const char* kSystem =
    "你是由上海人工智能实验室联合商汤科技开发的书生多模态大模型，英文名叫InternVL, "
    "是一个有用无害的人工智能助手。";
constexpr const char* kNewerSystem =
    "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型"
    "。";

ChatFormat read_chat(const Json& root, bool original, const std::string& origin) {
  const std::string name = get_string_or(root, "template", "", origin);
  const bool newer = name == "internvl2_5", phi3 = name == "phi3-chat", stripped = name == "internlm2-chat";
  require(
      !original || newer || phi3 || stripped || name == "Hermes-2", ErrorKind::unsupported,
      "{}: the template \"{}\" is not supported, these are: Hermes-2, internlm2-chat, phi3-chat, internvl2_5",
      origin, name);
  ChatFormat chat = chatml(newer || !original ? "\n" : "");
  chat.image_open = "<img>";
  chat.image_token = kImageToken;
  chat.image_close = "</img>";
  chat.after_image = "\n";
  if (!original) return chat;
  chat.strip_text = stripped;
  chat.image_label = "Image-{}: ";
  chat.default_system = get_string_or(root, "system_message", newer ? kNewerSystem : kSystem, origin);
  if (!phi3) return chat;
  chat.system = {"<|system|>\n", "<|end|>", ""};
  chat.user = {"<|user|>\n", "<|end|>", ""};
  chat.assistant = {"<|assistant|>\n", "<|end|>", ""};
  chat.generation_prefix = chat.assistant.prefix;
  return chat;
}

class InternVl2 final : public Family {
 public:
  std::vector<std::string> model_types() const override { return {"internvl_chat", "internvl"}; }
  std::string summary() const override { return "InternVL2, 2.5 and 3, 1B to 78B, in both layouts"; }
  ModelSpec open(const CheckpointFacts& facts) const override {
    const std::string& origin = facts.config_path;
    Config c = read_config(facts);
    const TilePolicy images = read_images(facts, c);
    c.embed.grid = images.tile / images.patch;
    check_patch_embed(c.embed, origin);
    const std::int64_t tokens = c.embed.patches() / (c.merge * c.merge);
    const std::int64_t promised = get_int_or(facts.config, "image_seq_length", tokens, origin);
    require(promised == tokens, ErrorKind::input, "{}: image_seq_length is {}, a tile makes {}", origin,
            promised, tokens);
    const Names names = names_of(facts, c);
    name_embed(c.embed, names, c.original);
    c.decoder.tied_head = c.decoder.tied_head && !facts.has_tensor(names.head + ".weight");
    return {build_graph(c, names), images, read_chat(facts.config, c.original, origin)};
  }
};

}  // namespace

std::unique_ptr<Family> make_internvl2() { return std::make_unique<InternVl2>(); }

}  // namespace halftone
