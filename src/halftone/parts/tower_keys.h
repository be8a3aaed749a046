// Reading a vision tower from the keys that configs of towers of square tiles share.
#pragma once

#include <cstdint>
#include <string>

#include "halftone/base/json.h"
#include "halftone/parts/patch_embed.h"
#include "halftone/parts/vit.h"

namespace halftone {

// hidden_size, num_attention_heads, intermediate_size, num_hidden_layers, layer_norm_eps, hidden_act; a key
// that is absent is as in `defaults`. Throws Error(input) for numbers that cannot be, naming `origin` and the
// key.
VitConfig read_tower_keys(const Json& vision, VitConfig defaults, const std::string& origin);

// num_channels (3, else Error(unsupported)), patch_size and image_size, which may be pairs of equal numbers:
// sets channels, patch, grid and position_grid.
void read_patch_keys(const Json& vision, std::int64_t default_patch, std::int64_t default_image,
                     PatchEmbedConfig& embed, const std::string& origin);

// How many layers run for a feature state: state k is what the first k layers give, negative ones count from
// the last. Throws Error(input) for a state that the tower lacks, naming `origin` and `key`.
std::int64_t layers_for_state(std::int64_t state, std::int64_t layers, const char* key,
                              const std::string& origin);

}  // namespace halftone
