#include "halftone/parts/tower_keys.h"

#include "halftone/base/error.h"

namespace halftone {
namespace {

constexpr std::int64_t kLargestSide = 1 << 14;

// A side of a square: a number, or a pair of equal ones.
std::int64_t read_side(const Json& json, const char* key, std::int64_t fallback, const std::string& origin) {
  if (!has(json, key) || !json[key].is_array()) return get_int_or(json, key, fallback, origin);
  const auto pair = get_ints_or(json, key, {}, origin);
  require(pair.size() == 2 && pair[0] == pair[1], ErrorKind::unsupported,
          "{}: {} is no square, others are not supported", origin, key);
  return pair[0];
}

}  // namespace

VitConfig read_tower_keys(const Json& vision, VitConfig v, const std::string& origin) {
  const auto read = [&](std::int64_t& value, const char* key) {
    value = get_int_or(vision, key, value, origin);
  };
  read(v.hidden, "hidden_size");
  read(v.heads, "num_attention_heads");
  read(v.intermediate, "intermediate_size");
  read(v.layers, "num_hidden_layers");
  v.norm_eps = get_double_or(vision, "layer_norm_eps", v.norm_eps, origin);
  if (has(vision, "hidden_act"))
    v.activation = activation_from_name(get_string_or(vision, "hidden_act", "", origin), origin);
  check_vit(v, origin);
  return v;
}

void read_patch_keys(const Json& vision, std::int64_t default_patch, std::int64_t default_image,
                     PatchEmbedConfig& embed, const std::string& origin) {
  embed.channels = get_int_or(vision, "num_channels", 3, origin);
  require(embed.channels == 3, ErrorKind::unsupported, "{}: {} channels of a pixel are not supported", origin,
          embed.channels);
  embed.patch = read_side(vision, "patch_size", default_patch, origin);
  const std::int64_t image = read_side(vision, "image_size", default_image, origin);
  require(embed.patch > 0 && embed.patch <= image && image % embed.patch == 0 && image <= kLargestSide,
          ErrorKind::input, "{}: an image_size of {} is no grid of patches of {}", origin, image, embed.patch);
  embed.grid = embed.position_grid = image / embed.patch;
}

std::int64_t layers_for_state(std::int64_t state, std::int64_t layers, const char* key,
                              const std::string& origin) {
  const std::int64_t run = state < 0 ? layers + 1 + state : state;
  require(run >= 1 && run <= layers, ErrorKind::input, "{}: {} is {}, the tower has {} layers", origin, key,
          state, layers);
  return run;
}

}  // namespace halftone
