// The door of a vision tower that reads square tiles: a patch convolution as one matrix product, and what
// stands around it. The class token, if there is one, is the first row of each tile. Dosovitskiy et al. 2020,
// arXiv 2010.11929.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "halftone/model/block.h"
#include "halftone/model/graph.h"

namespace halftone {

// One tensor of a checkpoint whose shape may have leading ones: [dim], [1, 1, dim], [1, n, dim].
struct TableTensor {
  std::string tensor;                    // empty: the tower has none
  std::vector<std::int64_t> file_shape;  // empty: [n, dim], n = 1 for a class token
};

struct PatchEmbedConfig {
  std::int64_t hidden = 0;         // width of the tower
  std::int64_t channels = 3;       // of a pixel
  std::int64_t patch = 14;         // pixels on a side
  std::int64_t grid = 0;           // patches on a side of a tile
  std::int64_t position_grid = 0;  // patches on a side of the learned positions; 0: as grid. Where the two
                                   // differ, positions are scaled: bicubic (a = -0.75), corners not aligned
  std::string conv_module;         // weight [hidden, channels, patch, patch]
  bool conv_bias = false;
  TableTensor class_token, positions;  // positions: the class token's first, then row by row
  std::optional<NormKind> norm;        // behind it all
  std::string norm_module;
  double norm_eps = 1e-5;

  std::int64_t patches() const { return grid * grid; }
  // Rows of one tile, the class token included.
  std::int64_t rows() const { return patches() + (class_token.tensor.empty() ? 0 : 1); }
};

// Adds the block "patch_embed" with the site "patch_embed.proj", and the space "vision.pixels". It reads pixels
// [tiles, channels, grid * patch, grid * patch] and writes [tiles * rows(), hidden] into `hidden`, or with a
// norm into "patch_embed.out", from which the norm "patch_embed.norm" leads to `hidden`. The point
// "vision.patch_embed" is what leaves the block.
void add_patch_embed(ModelGraph& graph, SpaceId hidden, const PatchEmbedConfig& config);

// What a tower of tiles says of a picture: one attention segment of `rows` a tile, no coordinates.
VisionRows tile_rows(const ImageLayout& layout, std::int64_t rows);

// The rows of patches without those of the class token, which is the first of each `rows`:
// [tiles * rows, d] -> [tiles * (rows - 1), d].
Tensor drop_class_token(const Tensor& x, std::int64_t rows);

// Throws Error(input) for numbers that cannot be, naming `origin`.
void check_patch_embed(const PatchEmbedConfig& config, const std::string& origin);

}  // namespace halftone
