// The decoder layer of the common kind, many published models by its fields: RMS norms, rotary
// grouped-query attention, gated MLP; and the blocks around it, token embedding with picture features joined in
// and the head.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "halftone/model/graph.h"
#include "halftone/nn/activation.h"

namespace halftone {

struct DecoderConfig {
  std::int64_t layers = 0, hidden = 0, heads = 0, kv_heads = 0, head_dim = 0, intermediate = 0, vocabulary = 0;
  double norm_eps = 1e-6;
  bool qkv_bias = false, o_bias = false, mlp_bias = false;
  Activation activation = Activation::silu;
  // Rotary embedding: frequencies [head_dim / 2] float32; positions have one axis, or one a section.
  Tensor frequencies = {};
  std::vector<std::int64_t> rope_sections = {};  // empty: one position axis
  double rope_amplitude = 1;                     // of cos and sin
  bool tied_head = false;
};

// Where the decoder's weights live. `module(layer, role)` gives the checkpoint module of "attn_norm", "q", "k",
// "v", "o", "mlp_norm", "gate", "up", "down"; fused modules come back with the rows of the role.
struct DecoderNames {
  std::function<TensorPart(std::int64_t layer, std::string_view role)> module;
  std::string embedding, final_norm, head;  // modules
};

// Rows of "q", "k" and "v" where they stand one above the other in one tensor, or together for each key-value
// head: its queries, its key, its value, head after head. Another role: all rows.
RowPattern stacked_qkv(const DecoderConfig& config, std::string_view role);
RowPattern grouped_qkv(const DecoderConfig& config, std::string_view role);

// The names that most checkpoints use: prefix + "layers.3.self_attn.q_proj", "embed_tokens", "norm".
DecoderNames plain_names(const std::string& prefix, const std::string& head);

// The same, but q, k and v stand one above the other in "self_attn.qkv_proj", gate and up in
// "mlp.gate_up_proj".
DecoderNames fused_names(const std::string& prefix, const std::string& head, const DecoderConfig& config);

// Positions 0, 1, 2 ... for models that count picture tokens like words: [1, tokens].
Tensor counted_positions(std::int64_t tokens);

// Adds the space of the residual stream, "language.hidden". Call it before the bridge, which writes into it.
SpaceId add_language_space(ModelGraph& graph, const DecoderConfig& config);

// Adds "embed" (token embeddings, rows of the image token replaced by the features that arrive as hidden),
// "language.0" ... and "head" (final norm and output matrix).
void add_rms_decoder(ModelGraph& graph, SpaceId hidden, const DecoderConfig& config, const DecoderNames& names);

// Throws Error(input) when the numbers do not fit each other (heads and kv heads, head size, sections), naming
// `origin`.
void check_decoder(const DecoderConfig& config, const std::string& origin);

}  // namespace halftone
