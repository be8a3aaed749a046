#include "halftone/media/geometry.h"

#include <climits>
#include <cmath>
#include <cstdlib>

#include <gtest/gtest.h>

#include "halftone/base/error.h"

namespace halftone {
namespace {

constexpr int kFactor = 28;

struct FitCase {
  Size in, wide_limits, narrow_limits;  // limits 3136..12845056 and 200704..1003520
};

// Worked out by hand from the rule; width before height.
const FitCase kFitCases[] = {
    {{224, 224}, {224, 224}, {448, 448}},      {{336, 336}, {336, 336}, {448, 448}},
    {{640, 480}, {644, 476}, {644, 476}},      {{640, 427}, {644, 420}, {644, 420}},
    {{1920, 1080}, {1932, 1092}, {1316, 728}}, {{70, 70}, {56, 56}, {448, 448}},
    {{98, 42}, {112, 56}, {700, 308}},         {{4000, 3000}, {4004, 2996}, {1148, 840}},
    {{278, 561}, {280, 560}, {336, 644}},
};

TEST(FitToFactor, Vectors) {
  for (const auto& [in, wide, narrow] : kFitCases) {
    EXPECT_EQ(fit_to_factor(in, kFactor, 3136, 12845056), wide) << in.width << " x " << in.height;
    EXPECT_EQ(fit_to_factor(in, kFactor, 200704, 1003520), narrow) << in.width << " x " << in.height;
  }
}

// Sides far below the factor count as nothing, so the picture grows to the smallest area with its aspect ratio.
TEST(FitToFactor, ThinPicturesGrow) {
  EXPECT_EQ(fit_to_factor({1, 1}, kFactor, 3136, 12845056), (Size{56, 56}));
  EXPECT_EQ(fit_to_factor({27, 27}, kFactor, 3136, 12845056), (Size{56, 56}));
  EXPECT_EQ(fit_to_factor({1000, 10}, kFactor, 3136, 12845056), (Size{560, 28}));
}

TEST(FitToFactor, SidesAreMultiplesAndAreaIsWithinLimits) {
  for (int width = 1; width < 1500; width += 37) {
    for (int height = 1; height < 1500; height += 41) {
      if (width > 100 * height || height > 100 * width) continue;
      const Size fit = fit_to_factor({width, height}, kFactor, 3136, 602112);
      ASSERT_TRUE(fit.width % kFactor == 0 && fit.height % kFactor == 0) << width << " x " << height;
      ASSERT_GE(fit.width * fit.height, 3136) << width << " x " << height;
      // Only a side that the floor would have made nothing may carry it above the limit.
      if (fit.width > kFactor && fit.height > kFactor) {
        ASSERT_LE(fit.width * fit.height, 602112);
      }
    }
  }
}

TEST(FitToFactor, RefusesSidesThatOverflow) {
  EXPECT_THROW(fit_to_factor({INT_MAX, INT_MAX}, 1 << 20, 1, std::int64_t{1} << 62), Error);
}

TEST(NearestTileGrid, KnownPictures) {
  EXPECT_EQ(nearest_tile_grid({448, 448}, 448, 1, 12), (Size{1, 1}));
  EXPECT_EQ(nearest_tile_grid({1024, 768}, 448, 1, 12), (Size{4, 3}));
  EXPECT_EQ(nearest_tile_grid({800, 400}, 448, 1, 12), (Size{2, 1}));
  EXPECT_EQ(nearest_tile_grid({3000, 100}, 448, 1, 12), (Size{12, 1}));
  EXPECT_EQ(nearest_tile_grid({100, 3000}, 448, 1, 12), (Size{1, 12}));
  EXPECT_EQ(nearest_tile_grid({500, 500}, 448, 1, 1), (Size{1, 1}));
}

// 1:1 is offered by 1x1, 2x2 and 3x3: a picture must have more than half the pixels of the larger grid.
TEST(NearestTileGrid, TiesGoToTheGridThatThePictureHalfFills) {
  EXPECT_EQ(nearest_tile_grid({633, 633}, 448, 1, 12), (Size{1, 1}));  // 400689 <= 0.5 * 448^2 * 4 = 401408
  EXPECT_EQ(nearest_tile_grid({634, 634}, 448, 1, 12), (Size{2, 2}));
  EXPECT_EQ(nearest_tile_grid({950, 950}, 448, 1, 12), (Size{2, 2}));  // 902500 <= 903168
  EXPECT_EQ(nearest_tile_grid({951, 951}, 448, 1, 12), (Size{3, 3}));
}

TEST(NearestTileGrid, KeepsTheLimits) {
  for (int width = 50; width < 2000; width += 97) {
    for (int height = 50; height < 2000; height += 89) {
      const Size grid = nearest_tile_grid({width, height}, 448, 3, 7);
      ASSERT_GE(grid.width * grid.height, 3);
      ASSERT_LE(grid.width * grid.height, 7);
    }
  }
}

TEST(FitShortestEdge, Vectors) {
  EXPECT_EQ(fit_shortest_edge({640, 480}, 336), (Size{448, 336}));
  EXPECT_EQ(fit_shortest_edge({640, 427}, 336), (Size{503, 336}));
  EXPECT_EQ(fit_shortest_edge({427, 640}, 336), (Size{336, 503}));
  EXPECT_EQ(fit_shortest_edge({1920, 1080}, 336), (Size{597, 336}));
  EXPECT_EQ(fit_shortest_edge({200, 300}, 336), (Size{336, 504}));
  EXPECT_EQ(fit_shortest_edge({7, 7}, 336), (Size{336, 336}));
}

TEST(FitShortestEdge, RefusesSidesThatOverflow) { EXPECT_THROW(fit_shortest_edge({INT_MAX, 1}, 336), Error); }

}  // namespace
}  // namespace halftone
