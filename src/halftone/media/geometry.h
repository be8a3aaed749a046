// The sizes that processors of pictures choose, as arithmetic on sizes alone. All sides are at least 1.
#pragma once

#include <cstdint>

namespace halftone {

struct Size {
  int width = 0, height = 0;
  bool operator==(const Size&) const = default;
};

// The nearest size whose sides are multiples of `factor` (ties to the even multiple), scaled with its aspect
// ratio where it has more than max_pixels or fewer than min_pixels. A side below factor / 2 counts as nothing,
// so a thin picture is enlarged to min_pixels: as transformers does (5.17). Some chat clients first
// round that side up to factor.
// Needs factor >= 1 and 1 <= min_pixels <= max_pixels. Throws Error(input) when a side passes 2^31 - 1.
Size fit_to_factor(Size size, int factor, std::int64_t min_pixels, std::int64_t max_pixels);

// Columns (width) and rows (height) of the grid of tiles whose aspect ratio is nearest to the picture's, of all
// grids with min_tiles to max_tiles tiles. Of equally near grids a larger one wins if the picture has more than
// half the pixels of that grid. 1 x 1 where no grid has min_tiles to max_tiles tiles. Reference: Chen et al.
// 2024 (arXiv 2404.16821), section 3.3, and the code published with it.
Size nearest_tile_grid(Size size, int tile, int min_tiles, int max_tiles);

// The size whose shorter side is `edge` and whose longer side is edge * longer / shorter, cut to an integer.
// Throws Error(input) when that passes 2^31 - 1.
Size fit_shortest_edge(Size size, int edge);

}  // namespace halftone
