#include "halftone/media/image_policy.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <ATen/ops/empty.h>

#include "halftone/base/error.h"
#include "halftone/media/geometry.h"

namespace halftone {
namespace {

// Above any limit in use, low enough that no product below overflows.
constexpr int kMaxSide = 1 << 14, kMaxTiles = 1 << 10;
constexpr std::int64_t kMaxPixels = 178'956'970;

void require_range(const char* field, std::int64_t value, std::int64_t low, std::int64_t high) {
  require(value >= low && value <= high, ErrorKind::input, "image policy: {} is {}, must be from {} to {}",
          field, value, low, high);
}

void require_multiple(const char* field, int value, const char* unit, int divisor) {
  require(value % divisor == 0, ErrorKind::input, "image policy: {} is {}, must be a multiple of {} = {}",
          field, value, unit, divisor);
}

void check(const PatchGridPolicy& policy) {
  require_range("patch", policy.patch, 1, 1024);
  require_range("temporal", policy.temporal, 1, 16);
  require_range("merge", policy.merge, 1, 64);
  require_range("max_pixels", policy.max_pixels, 1, kMaxPixels);
  require_range("min_pixels", policy.min_pixels, 1, policy.max_pixels);
  require(policy.max_aspect >= 1, ErrorKind::input, "image policy: max_aspect is {}, must be at least 1",
          policy.max_aspect);
}

void check(const TilePolicy& policy) {
  require_range("tile", policy.tile, 1, kMaxSide);
  require_range("max_tiles", policy.max_tiles, 1, kMaxTiles);
  require_range("min_tiles", policy.min_tiles, 1, policy.max_tiles);
  require_range("patch", policy.patch, 1, policy.tile);
  require_range("merge", policy.merge, 1, 64);
  require_multiple("tile", policy.tile, "patch * merge", policy.patch * policy.merge);
}

void check(const CropPolicy& policy) {
  require_range("shortest_edge", policy.shortest_edge, 1, kMaxSide);
  require_range("crop", policy.crop, 1, kMaxSide);
  require_range("patch", policy.patch, 1, policy.crop);
  require_range("extra_tokens", policy.extra_tokens, 0, 1024);
}

void require_pixels(std::int64_t width, std::int64_t height, const char* what) {
  require(width * height <= kMaxPixels, ErrorKind::input,
          "{} the picture would make {} x {} pixels, the limit is {}", what, width, height, kMaxPixels);
}

// ---- planning ----

ImageLayout plan(const PatchGridPolicy& policy, Size size) {
  const auto [shorter, longer] = std::minmax(size.width, size.height);
  require(static_cast<double>(longer) / shorter <= policy.max_aspect, ErrorKind::input,
          "the picture of {} x {} has an aspect ratio of {:.1f}, the model takes at most {}", size.width,
          size.height, static_cast<double>(longer) / shorter, policy.max_aspect);
  const auto [width, height] =
      fit_to_factor(size, policy.patch * policy.merge, policy.min_pixels, policy.max_pixels);
  require_pixels(width, height, "scaling");
  const std::int64_t h = height / policy.patch, w = width / policy.patch;
  return {.width = width, .height = height, .grid = {1, h, w}, .tokens = h * w / (policy.merge * policy.merge)};
}

ImageLayout plan(const TilePolicy& policy, Size size) {
  const auto [columns, rows] = nearest_tile_grid(size, policy.tile, policy.min_tiles, policy.max_tiles);
  require_pixels(std::int64_t{columns} * policy.tile, std::int64_t{rows} * policy.tile, "tiling");
  const std::int64_t cut = std::int64_t{columns} * rows, side = policy.tile / policy.patch;
  const std::int64_t tiles = cut + (policy.thumbnail && cut > 1 ? 1 : 0);
  const std::int64_t token_side = side / policy.merge;
  return {.width = columns * policy.tile,
          .height = rows * policy.tile,
          .columns = columns,
          .rows = rows,
          .tiles = tiles,
          .grid = {1, side, side},
          .tokens = tiles * token_side * token_side};
}

ImageLayout plan(const CropPolicy& policy, Size size) {
  const int longer = std::max(size.width, size.height);
  if (policy.pad_to_square) {
    require_pixels(longer, longer, "padding");
    size = {longer, longer};
  }
  const auto [width, height] = fit_shortest_edge(size, policy.shortest_edge);
  const std::int64_t side = policy.crop / policy.patch;
  return {
      .width = width, .height = height, .grid = {1, side, side}, .tokens = side * side + policy.extra_tokens};
}

// ---- pixels ----

// Writes the patches of `image` one after the other; `out` walks through them in memory's order.
void write_patches(const Rgb8& image, const PatchGridPolicy& policy, const NormTable& table, float* out) {
  const int patch = policy.patch, merge = policy.merge, group = patch * merge;
  const auto write_patch = [&](int top, int left) {
    for (std::size_t c = 0; c < 3; ++c) {
      const float* frame = out;
      for (int y = top; y < top + patch; ++y) {
        const std::uint8_t* in = image.row(y) + 3 * std::size_t(left) + c;
        for (int x = 0; x < patch; ++x) *out++ = table[c][in[3 * x]];
      }
      const std::size_t values = static_cast<std::size_t>(patch) * patch;
      for (int t = 1; t < policy.temporal; ++t, out += values) std::memcpy(out, frame, values * sizeof(float));
    }
  };
  for (int top = 0; top < image.height; top += group) {
    for (int left = 0; left < image.width; left += group) {
      for (int p = 0; p < merge * merge; ++p) write_patch(top + p / merge * patch, left + p % merge * patch);
    }
  }
}

// Writes a size x size part of `image` as three planes.
void write_planes(const Rgb8& image, int left, int top, int size, const NormTable& table, float* out) {
  for (std::size_t c = 0; c < 3; ++c) {
    for (int y = 0; y < size; ++y) {
      const std::uint8_t* in = image.row(top + y) + 3 * static_cast<std::size_t>(left) + c;
      for (int x = 0; x < size; ++x) *out++ = table[c][in[3 * x]];
    }
  }
}

Rgb8 padded_to_square(const Rgb8& image, const std::array<std::uint8_t, 3>& background) {
  const int side = std::max(image.width, image.height);
  Rgb8 square = black_image(side, side);
  for (std::size_t i = 0; i < square.data.size(); ++i) square.data[i] = background[i % 3];
  const int left = (side - image.width) / 2, top = (side - image.height) / 2;
  for (int y = 0; y < image.height; ++y)
    std::memcpy(square.row(top + y) + 3 * left, image.row(y), image.stride());
  return square;
}

// Where the middle square of `crop` pixels meets one axis of a picture of `side` pixels.
struct CropSpan {
  int from, count;  // in the picture
  int to;           // in the square
};

CropSpan crop_span(int side, int crop) {
  if (crop <= side) return {(side - crop) / 2, crop, 0};
  return {0, side, (crop - side + 1) / 2};
}

Rgb8 scale_and_crop(const Rgb8& image, const CropPolicy& policy, const ImageLayout& layout) {
  const CropSpan x = crop_span(layout.width, policy.crop), y = crop_span(layout.height, policy.crop);
  Rgb8 part =
      resize_window(image, layout.width, layout.height, policy.resample, {x.from, y.from, x.count, y.count});
  if (part.width == policy.crop && part.height == policy.crop) return part;
  Rgb8 square = black_image(policy.crop, policy.crop);
  for (int row = 0; row < part.height; ++row) {
    std::memcpy(square.row(y.to + row) + 3 * x.to, part.row(row), part.stride());
  }
  return square;
}

Tensor pixels_of(const PatchGridPolicy& policy, const Rgb8& picture, const ImageLayout& layout) {
  const auto [t, h, w] = layout.grid;
  const std::int64_t columns = std::int64_t{3} * policy.temporal * policy.patch * policy.patch;
  Tensor pixels = at::empty({t * h * w, columns}, at::kFloat);
  write_patches(resize(picture, layout.width, layout.height, policy.resample), policy, norm_table(policy.norm),
                pixels.mutable_data_ptr<float>());
  return pixels;
}

Tensor pixels_of(const TilePolicy& policy, const Rgb8& picture, const ImageLayout& layout) {
  const int size = policy.tile;
  const NormTable table = norm_table(policy.norm);
  Tensor pixels = at::empty({layout.tiles, 3, size, size}, at::kFloat);
  float* out = pixels.mutable_data_ptr<float>();
  const std::size_t values = std::size_t{3} * size * size;
  const Rgb8 canvas = resize(picture, layout.width, layout.height, policy.resample);
  for (int top = 0; top < layout.height; top += size) {
    for (int left = 0; left < layout.width; left += size, out += values) {
      write_planes(canvas, left, top, size, table, out);
    }
  }
  if (layout.tiles > std::int64_t{layout.columns} * layout.rows) {
    write_planes(resize(picture, size, size, policy.resample), 0, 0, size, table, out);
  }
  return pixels;
}

Tensor pixels_of(const CropPolicy& policy, const Rgb8& picture, const ImageLayout& layout) {
  Tensor pixels = at::empty({1, 3, policy.crop, policy.crop}, at::kFloat);
  const Rgb8 square = policy.pad_to_square
                          ? scale_and_crop(padded_to_square(picture, policy.background), policy, layout)
                          : scale_and_crop(picture, policy, layout);
  write_planes(square, 0, 0, policy.crop, norm_table(policy.norm), pixels.mutable_data_ptr<float>());
  return pixels;
}

// ---- text; fmt prints a double with the fewest digits that give it back ----

std::string text_of(const PixelNorm& norm, Resample resample) {
  return fmt::format("mean={} std={} rescale={} resample={}", fmt::join(norm.mean, ","),
                     fmt::join(norm.std, ","), norm.rescale, resample_name(resample));
}

std::string text_of(const PatchGridPolicy& policy) {
  return fmt::format("patch_grid patch={} temporal={} merge={} pixels={}..{} aspect={}", policy.patch,
                     policy.temporal, policy.merge, policy.min_pixels, policy.max_pixels, policy.max_aspect);
}

std::string text_of(const TilePolicy& policy) {
  return fmt::format("tiles tile={} count={}..{} thumbnail={} patch={} merge={}", policy.tile, policy.min_tiles,
                     policy.max_tiles, policy.thumbnail, policy.patch, policy.merge);
}

std::string text_of(const CropPolicy& policy) {
  return fmt::format("crop edge={} crop={} pad={} background={} patch={} extra={}", policy.shortest_edge,
                     policy.crop, policy.pad_to_square, fmt::join(policy.background, ","), policy.patch,
                     policy.extra_tokens);
}

}  // namespace

void check_policy(const ImagePolicy& policy, const std::string& origin) {
  try {
    std::visit([](const auto& kind) { check(kind); }, policy);
  } catch (const Error& error) {
    if (origin.empty()) throw;
    throw Error(error.kind(), origin + ": " + error.message(), error.hint());
  }
}

ImageLayout plan_image(const ImagePolicy& policy, int width, int height) {
  check_policy(policy);
  require(width > 0 && height > 0, ErrorKind::input, "a picture of {} x {} pixels is empty", width, height);
  ImageLayout layout = std::visit([&](const auto& kind) { return plan(kind, Size{width, height}); }, policy);
  layout.source_width = width;
  layout.source_height = height;
  return layout;
}

Tensor image_pixels(const ImagePolicy& policy, const Rgb8& picture, const ImageLayout& layout) {
  require(layout == plan_image(policy, picture.width, picture.height), ErrorKind::internal,
          "the pixels of a {} x {} picture were asked for with a layout planned for {} x {} or another policy",
          picture.width, picture.height, layout.source_width, layout.source_height);
  return std::visit([&](const auto& kind) { return pixels_of(kind, picture, layout); }, policy);
}

std::string policy_hash_text(const ImagePolicy& policy) {
  return std::visit([](const auto& kind) { return text_of(kind) + " " + text_of(kind.norm, kind.resample); },
                    policy);
}

}  // namespace halftone
