#include "halftone/parts/decoder_keys.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/tensor.h>

#include "halftone/base/error.h"
#include "halftone/nn/rope.h"

namespace halftone {
namespace {

std::string rope_type(const Json& rope, const std::string& origin) {
  return get_string_or(rope, "rope_type", get_string_or(rope, "type", "default", origin), origin);
}

double read_factor(const Json& rope, const std::string& origin) {
  const double factor = get_double_or(rope, "factor", 1, origin);
  require(factor >= 1 && std::isfinite(factor), ErrorKind::input, "{}: the rope factor is {}", origin, factor);
  return factor;
}

// Positions of "su" scaling, whose short factors hold up to the length that the model was first trained for.
struct LongRope {
  Tensor factors;  // [head_dim / 2] float32
  std::int64_t positions = 0;
  double amplitude = 1;
};

LongRope read_long_rope(const Json& text, const Json& rope, std::int64_t positions, std::int64_t head_dim,
                        const std::string& origin) {
  const auto factors = get_doubles_or(rope, "short_factor", {}, origin);
  require(static_cast<std::int64_t>(factors.size()) == head_dim / 2, ErrorKind::input,
          "{}: short_factor holds {} numbers, half the head size is {}", origin, factors.size(), head_dim / 2);
  require(std::all_of(factors.begin(), factors.end(), [](double f) { return f > 0 && std::isfinite(f); }),
          ErrorKind::input, "{}: short_factor holds a number that is not above 0", origin);
  LongRope result;
  result.factors = at::tensor(factors, at::kDouble).to(at::kFloat);
  const std::string key = "original_max_position_embeddings";
  result.positions = get_int_or(rope, key, get_int_or(text, key, positions, origin), origin);
  require(result.positions > 1 && result.positions <= positions, ErrorKind::input,
          "{}: {} is {}, must be from 2 to {}", origin, key, result.positions, positions);
  const double stretch = static_cast<double>(positions) / static_cast<double>(result.positions);
  if (stretch > 1)
    result.amplitude = std::sqrt(1 + std::log(stretch) / std::log(static_cast<double>(result.positions)));
  return result;
}

}  // namespace

DecoderConfig read_decoder_keys(const Json& text, DecoderConfig d, const std::string& origin) {
  const auto read = [&](std::int64_t& value, const char* key) { value = get_int_or(text, key, value, origin); };
  const std::int64_t default_kv = has(text, "num_attention_heads") ? 0 : d.kv_heads;
  read(d.layers, "num_hidden_layers");
  read(d.hidden, "hidden_size");
  read(d.heads, "num_attention_heads");
  d.kv_heads = get_int_or(text, "num_key_value_heads", default_kv > 0 ? default_kv : d.heads, origin);
  const bool own_size = has(text, "head_dim");
  require(d.heads > 0 && (own_size || d.hidden % d.heads == 0), ErrorKind::input,
          "{}: hidden_size {} does not split into {} heads", origin, d.hidden, d.heads);
  d.head_dim = own_size ? get_int(text, "head_dim", origin) : d.hidden / d.heads;
  read(d.intermediate, "intermediate_size");
  read(d.vocabulary, "vocab_size");
  d.norm_eps = get_double_or(text, "rms_norm_eps", d.norm_eps, origin);
  d.activation = activation_from_name(get_string_or(text, "hidden_act", "silu", origin), origin);
  require(!get_bool_or(text, "use_sliding_window", false, origin), ErrorKind::unsupported,
          "{}: use_sliding_window is not supported", origin);
  check_decoder(d, origin);
  return d;
}

Json rope_block(const Json& text) {
  for (const char* key : {"rope_scaling", "rope_parameters"})
    if (has(text, key)) return text[key];
  return Json::object();
}

std::int64_t read_rope_keys(const Json& text, double default_theta, std::int64_t default_positions,
                            DecoderConfig& d, const std::string& origin) {
  const Json rope = rope_block(text);
  const std::string type = rope_type(rope, origin);
  const double theta =
      get_double_or(text, "rope_theta", get_double_or(rope, "rope_theta", default_theta, origin), origin);
  require(theta > 0 && std::isfinite(theta), ErrorKind::input, "{}: rope_theta is {}", origin, theta);
  require(get_double_or(text, "partial_rotary_factor", 1, origin) == 1, ErrorKind::unsupported,
          "{}: partial_rotary_factor is not supported", origin);
  const std::int64_t positions = get_int_or(text, "max_position_embeddings", default_positions, origin);
  require(positions > 0, ErrorKind::input, "{}: max_position_embeddings is {}", origin, positions);
  if (type == "su" || type == "longrope") {
    const LongRope stretched = read_long_rope(text, rope, positions, d.head_dim, origin);
    d.frequencies = inverse_frequencies(d.head_dim, theta, stretched.factors);
    d.rope_amplitude = stretched.amplitude;
    return stretched.positions;
  }
  require(type == "default" || type == "dynamic" || type == "linear", ErrorKind::unsupported,
          "{}: rope type \"{}\" is not supported", origin, type);
  d.frequencies = inverse_frequencies(d.head_dim, theta);
  if (type == "linear") d.frequencies = d.frequencies / read_factor(rope, origin);
  return positions;
}

}  // namespace halftone
