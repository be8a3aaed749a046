#include "halftone/media/alpha.h"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

namespace halftone {
namespace {

std::array<std::uint8_t, 3> one_pixel(std::array<std::uint8_t, 4> rgba, Alpha alpha) {
  std::array<std::uint8_t, 3> rgb{};
  rgba_to_rgb(rgba.data(), 1, alpha, rgb.data());
  return rgb;
}

TEST(Alpha, DropKeepsTheColor) {
  EXPECT_EQ(one_pixel({10, 20, 30, 0}, Alpha::drop), (std::array<std::uint8_t, 3>{10, 20, 30}));
  EXPECT_EQ(one_pixel({10, 20, 30, 255}, Alpha::drop), (std::array<std::uint8_t, 3>{10, 20, 30}));
}

TEST(Alpha, WhiteAtTheEnds) {
  EXPECT_EQ(one_pixel({10, 20, 30, 0}, Alpha::white), (std::array<std::uint8_t, 3>{255, 255, 255}));
  EXPECT_EQ(one_pixel({10, 20, 30, 255}, Alpha::white), (std::array<std::uint8_t, 3>{10, 20, 30}));
}

// The shift formula is the exact quotient by 255 rounded to the nearest.
TEST(Alpha, WhiteIsRoundedToNearest) {
  for (int value = 0; value < 256; ++value) {
    for (int alpha = 0; alpha < 256; ++alpha) {
      const double exact = (value * alpha + 255.0 * (255 - alpha)) / 255;
      const auto v = static_cast<std::uint8_t>(value), a = static_cast<std::uint8_t>(alpha);
      ASSERT_EQ(one_pixel({v, v, v, a}, Alpha::white)[0], std::floor(exact + 0.5)) << value << " " << alpha;
    }
  }
}

TEST(Alpha, GoesThroughAllPixels) {
  const std::array<std::uint8_t, 8> rgba{1, 2, 3, 4, 5, 6, 7, 8};
  std::array<std::uint8_t, 6> rgb{};
  rgba_to_rgb(rgba.data(), 2, Alpha::drop, rgb.data());
  EXPECT_EQ(rgb, (std::array<std::uint8_t, 6>{1, 2, 3, 5, 6, 7}));
}

}  // namespace
}  // namespace halftone
