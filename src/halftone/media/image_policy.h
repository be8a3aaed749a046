// How a model turns a picture into numbers, as data: its family fills a policy from the checkpoint's files, and
// three functions do the rest. Planning needs the size alone; decoding and scaling happen when the pixels are
// asked for.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>

#include "halftone/media/image.h"
#include "halftone/media/pixel_norm.h"
#include "halftone/media/resize.h"
#include "halftone/tensor/tensor.h"

namespace halftone {

// The picture keeps its aspect ratio and becomes as many patches as its size asks for (geometry.h:
// fit_to_factor with the factor patch * merge). Every picture is repeated to one clip of `temporal` frames.
struct PatchGridPolicy {
  int patch = 14;    // pixels on a side
  int temporal = 2;  // frames of a patch
  int merge = 2;     // patches on a side of what becomes one token
  std::int64_t min_pixels = 3136, max_pixels = 12'845'056;
  double max_aspect = 200;  // longer side over shorter side; above it the picture is refused
  Resample resample = Resample::bicubic;
  PixelNorm norm = {};
  bool operator==(const PatchGridPolicy&) const = default;
};

// The picture is stretched to a grid of square tiles (geometry.h: nearest_tile_grid), which are cut row by row;
// if there are several, the whole picture as one more tile comes last.
struct TilePolicy {
  int tile = 448;  // pixels on a side
  int min_tiles = 1, max_tiles = 12;
  bool thumbnail = true;
  int patch = 14;  // pixels on a side
  int merge = 2;   // patches on a side of what becomes one token: 1 / downsample ratio
  Resample resample = Resample::bicubic;
  PixelNorm norm = {};
  bool operator==(const TilePolicy&) const = default;
};

// The shorter side is scaled to `shortest_edge` and a square of `crop` pixels is cut from the middle (offsets
// rounded down; black where the picture is smaller).
struct CropPolicy {
  int shortest_edge = 336, crop = 336;
  bool pad_to_square = false;  // first center the picture on a square of `background`, so that nothing is lost
  std::array<std::uint8_t, 3> background{0, 0, 0};
  int patch = 14;        // pixels on a side
  int extra_tokens = 0;  // tokens besides those of the patches: 1 where the class token is kept
  Resample resample = Resample::bicubic;
  PixelNorm norm = {};
  bool operator==(const CropPolicy&) const = default;
};

using ImagePolicy = std::variant<PatchGridPolicy, TilePolicy, CropPolicy>;

// Throws Error(input) naming the first field that is out of its range, behind `origin` where it is given.
// plan_image checks too; a reader of policies calls this to complain under the name of its file.
void check_policy(const ImagePolicy& policy, const std::string& origin = {});

// What becomes of a picture of a given size.
struct ImageLayout {
  int source_width = 0, source_height = 0;
  int width = 0, height = 0;  // scaled to this; for tiles the size of all of them together
  int columns = 1, rows = 1;  // of tiles; 1 x 1 for the other policies
  std::int64_t tiles = 1;     // on the first axis of the pixels, the thumbnail included; 1 for patch grids
  std::array<std::int64_t, 3> grid{};  // patches in time, height and width: of the picture, or of one tile
  std::int64_t tokens = 0;             // that the picture takes in the prompt
  bool operator==(const ImageLayout&) const = default;
};

// Throws Error(input) for a policy out of range, an empty picture, an aspect ratio above the policy's, or a
// size that scaling would take above 178 956 970 pixels; Error(input) also where sides pass 2^31 - 1.
ImageLayout plan_image(const ImagePolicy& policy, int width, int height);

// float32 on the CPU. Patch grids: [t * h * w, 3 * temporal * patch * patch]; rows run over groups of merge x
// merge patches (group row, group column, row in the group, column in the group), columns over channel, frame,
// row, column. Others: [tiles, 3, size, size]. Several pictures are concatenated on axis 0. `layout` must come
// from plan_image for this policy and the picture's size: anything else is an internal error.
// Costs one resize (resize.h; two with a thumbnail) and 1 to 3 ns a result, on one thread.
Tensor image_pixels(const ImagePolicy& policy, const Rgb8& picture, const ImageLayout& layout);

// One line that two policies share exactly if they are equal: part of the keys of caches.
std::string policy_hash_text(const ImagePolicy& policy);

}  // namespace halftone
