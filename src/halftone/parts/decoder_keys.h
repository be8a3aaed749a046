// Reading a DecoderConfig from the keys that configs of the Llama line share.
#pragma once

#include <cstdint>
#include <string>

#include "halftone/base/json.h"
#include "halftone/parts/rms_decoder.h"

namespace halftone {

// num_hidden_layers, hidden_size, num_attention_heads, num_key_value_heads, head_dim, intermediate_size,
// vocab_size, rms_norm_eps, hidden_act; a key that is absent is as in `defaults` (without key-value heads: as
// many as heads; without a head size: hidden / heads). Throws Error(input) for numbers that cannot be,
// Error(unsupported) for use_sliding_window, naming `origin` and the key.
DecoderConfig read_decoder_keys(const Json& text, DecoderConfig defaults, const std::string& origin);

// rope_theta and rope_scaling (or rope_parameters): sets the decoder's frequencies and rope_amplitude and
// returns how many positions it has with them, at most max_position_embeddings. Types: "default"; "linear";
// "dynamic", which changes nothing within max_position_embeddings; "su" and "longrope", of which the short
// factors are used, within original_max_position_embeddings. Throws Error(unsupported) for others by name.
std::int64_t read_rope_keys(const Json& text, double default_theta, std::int64_t default_positions,
                            DecoderConfig& decoder, const std::string& origin);

// The block of rope keys, or an empty object.
Json rope_block(const Json& text);

}  // namespace halftone
