#include "halftone/media/geometry.h"

#include <algorithm>
#include <climits>
#include <cmath>

#include "halftone/base/error.h"

namespace halftone {
namespace {

int checked_side(double side) {
  require(side <= INT_MAX, ErrorKind::input, "scaling the picture would make a side of {:.0f} pixels", side);
  return static_cast<int>(side);
}

double area(Size size) { return static_cast<double>(size.width) * size.height; }

}  // namespace

Size fit_to_factor(Size size, int factor, std::int64_t min_pixels, std::int64_t max_pixels) {
  // nearbyint rounds halves to even in the default rounding mode. The order of the divisions is the
  // reference's.
  double width = std::nearbyint(static_cast<double>(size.width) / factor) * factor;
  double height = std::nearbyint(static_cast<double>(size.height) / factor) * factor;
  if (width * height > static_cast<double>(max_pixels)) {
    const double shrink = std::sqrt(area(size) / static_cast<double>(max_pixels));
    const auto fit = [&](int side) {
      return std::max<double>(factor, std::floor(side / shrink / factor) * factor);
    };
    width = fit(size.width), height = fit(size.height);
  } else if (width * height < static_cast<double>(min_pixels)) {
    const double grow = std::sqrt(static_cast<double>(min_pixels) / area(size));
    const auto fit = [&](int side) { return std::ceil(side * grow / factor) * factor; };
    width = fit(size.width), height = fit(size.height);
  }
  return {checked_side(width), checked_side(height)};
}

Size nearest_tile_grid(Size size, int tile, int min_tiles, int max_tiles) {
  const double aspect = static_cast<double>(size.width) / size.height;
  Size best{1, 1};
  double nearest = HUGE_VAL;
  for (int tiles = min_tiles; tiles <= max_tiles; ++tiles) {
    for (int columns = 1; columns <= tiles; ++columns) {
      if (tiles % columns != 0) continue;
      const int rows = tiles / columns;
      const double distance = std::abs(aspect - static_cast<double>(columns) / rows);
      const bool fills = area(size) > 0.5 * tile * tile * columns * rows;
      if (distance < nearest || (distance == nearest && fills)) best = {columns, rows};
      nearest = std::min(nearest, distance);
    }
  }
  return best;
}

Size fit_shortest_edge(Size size, int edge) {
  const int shorter = std::min(size.width, size.height), longer = std::max(size.width, size.height);
  const int other = checked_side(static_cast<double>(std::int64_t{edge} * longer) / shorter);
  return size.width <= size.height ? Size{edge, other} : Size{other, edge};
}

}  // namespace halftone
