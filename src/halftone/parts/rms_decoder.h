// The decoder layer of the Llama line (Llama, Vicuna, Qwen2, InternLM2, Phi-3 by its fields): RMS norms, rotary
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
  bool tied_head = false;
};

// Where the decoder's weights live. `module(layer, role)` gives the checkpoint module of "attn_norm", "q", "k",
// "v", "o", "mlp_norm", "gate", "up", "down"; fused modules come back with the rows of the role.
struct DecoderNames {
  std::function<TensorPart(std::int64_t layer, std::string_view role)> module;
  std::string embedding, final_norm, head;  // modules
};

// Adds the space of the residual stream, "language.hidden". Call it before the bridge, which writes into it.
SpaceId add_language_space(ModelGraph& graph, const DecoderConfig& config);

// Adds "embed" (token embeddings, rows of the image token replaced by the features that arrive as hidden),
// "language.0" ... and "head" (final norm and output matrix).
void add_rms_decoder(ModelGraph& graph, SpaceId hidden, const DecoderConfig& config, const DecoderNames& names);

// Throws Error(input) when the numbers do not fit each other (heads and kv heads, head size, sections), naming
// `origin`.
void check_decoder(const DecoderConfig& config, const std::string& origin);

}  // namespace halftone
