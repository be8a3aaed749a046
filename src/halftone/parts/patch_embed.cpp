#include "halftone/parts/patch_embed.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/upsample_bicubic2d.h>

#include "halftone/base/error.h"
#include "halftone/model/block_builder.h"
#include "halftone/model/ops.h"

namespace halftone {
namespace {

// Handles of the block, captured by its segment; class_token and positions are slots, -1 where there is none.
struct PatchEmbed {
  int proj = -1, norm = -1;
  SlotId class_token = -1, positions = -1;
};

// [tiles, channels, side, side] -> [tiles * patches, channels * patch * patch], patches row by row.
Tensor unfolded(const Tensor& pixels, const PatchEmbedConfig& c) {
  const std::int64_t tiles = pixels.size(0);
  return pixels.view({tiles, c.channels, c.grid, c.patch, c.grid, c.patch})
      .permute({0, 2, 4, 1, 3, 5})
      .reshape({tiles * c.patches(), c.channels * c.patch * c.patch});
}

std::int64_t stored_grid(const PatchEmbedConfig& c) { return c.position_grid > 0 ? c.position_grid : c.grid; }

// Positions of a grid as the checkpoint has it, scaled to the grid of a tile in float32.
Tensor fitted_positions(const Tensor& stored, const PatchEmbedConfig& c) {
  const std::int64_t from = stored_grid(c), dim = stored.size(1), first = stored.size(0) - from * from;
  if (from == c.grid) return stored;
  const Tensor map =
      stored.narrow(0, first, from * from).to(at::kFloat).view({1, from, from, dim}).permute({0, 3, 1, 2});
  const Tensor scaled = at::upsample_bicubic2d(map.contiguous(), {c.grid, c.grid}, /*align_corners=*/false);
  const Tensor patches = scaled.view({dim, c.patches()}).t().to(stored.scalar_type());
  return at::cat({stored.narrow(0, 0, first), patches});
}

Tensor embedded(const PatchEmbedConfig& c, const PatchEmbed& p, Ops& ops, const Tensor& pixels) {
  const Tensor rows = ops.linear(p.proj, unfolded(pixels.to(ops.compute()), c));
  Tensor x = rows.view({-1, c.patches(), c.hidden});
  if (p.class_token >= 0)
    x = at::cat({ops.value(p.class_token).view({1, 1, c.hidden}).expand({x.size(0), 1, c.hidden}), x}, 1);
  if (p.positions >= 0) x = x + fitted_positions(ops.value(p.positions), c);
  return x.reshape({-1, c.hidden});
}

PatchEmbed declare(BlockBuilder& b, SpaceId pixels, SpaceId out, SpaceId hidden, const PatchEmbedConfig& c) {
  PatchEmbed p;
  p.proj = b.linear({.name = "proj",
                     .module = {c.conv_module, {}},
                     .bias = c.conv_bias,
                     .output = {out},
                     .input = {pixels},
                     .file_shape = {c.hidden, c.channels, c.patch, c.patch},
                     .convolution = true});
  const auto table = [&](const char* name, const TableTensor& t, std::int64_t rows) {
    return t.tensor.empty() ? -1 : b.table(name, t.tensor, rows, out, /*lookup=*/false, t.file_shape);
  };
  p.class_token = table("class", c.class_token, 1);
  p.positions = table("positions", c.positions, stored_grid(c) * stored_grid(c) + (p.class_token >= 0 ? 1 : 0));
  if (!c.norm) return p;
  std::optional<std::string> shift;
  if (*c.norm == NormKind::layer) shift = c.norm_module + ".bias";
  p.norm = b.link({"norm", *c.norm, c.norm_module + ".weight", shift, out, hidden, c.norm_eps});
  return p;
}

}  // namespace

void add_patch_embed(ModelGraph& graph, SpaceId hidden, const PatchEmbedConfig& config) {
  const SpaceId pixels =
      add_space(graph, {"vision.pixels", config.channels * config.patch * config.patch, {}, 0});
  BlockBuilder b(graph, "patch_embed", Stage::vision);
  // What a norm reads may lose its mean where the norm takes it out anyway; nothing else reads it.
  const SpaceId before =
      config.norm ? b.space("out", config.hidden, {.centring = *config.norm == NormKind::layer}) : hidden;
  const PatchEmbed p = declare(b, pixels, before, hidden, config);
  b.segment("embed", [=](Ops& ops, const Flow& flow) -> Flow {
    const Tensor x = embedded(config, p, ops, flow.hidden);
    const Tensor out = p.norm >= 0 ? ops.link(p.norm, x) : x;
    return {ops.point("vision.patch_embed", out), flow.batch, flow.side};
  });
  b.finish();
}

VisionRows tile_rows(const ImageLayout& layout, std::int64_t rows) {
  return {std::vector<std::int64_t>(static_cast<std::size_t>(layout.tiles), rows), {}};
}

Tensor drop_class_token(const Tensor& x, std::int64_t rows) {
  const std::int64_t dim = x.size(1);
  return x.view({-1, rows, dim}).narrow(1, 1, rows - 1).reshape({-1, dim});
}

void check_patch_embed(const PatchEmbedConfig& c, const std::string& origin) {
  const auto in_range = [&](std::int64_t value, const char* what) {
    require(value >= 1 && value <= 1024, ErrorKind::input, "{}: {} is {}", origin, what, value);
  };
  in_range(c.channels, "the number of color channels");
  in_range(c.patch, "the patch size");
  in_range(c.grid, "the number of patches on a side of a tile");
  in_range(stored_grid(c), "the number of patches on a side of the trained pictures");
}

}  // namespace halftone
