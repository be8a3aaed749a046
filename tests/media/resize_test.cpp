#include "halftone/media/resize.h"

#include <cmath>

#include "tests/media/goldens.h"
#include <gtest/gtest.h>

#include "halftone/base/error.h"
#include "halftone/io/hash.h"

namespace halftone {
namespace {

using testing::pattern;

// A gray picture from its rows.
Rgb8 gray(int width, int height, const std::vector<int>& values) {
  Rgb8 image = black_image(width, height);
  for (std::size_t i = 0; i < image.data.size(); ++i) image.data[i] = static_cast<std::uint8_t>(values[i / 3]);
  return image;
}

TEST(Resize, BicubicVectorsOfOneRow) {
  const Rgb8 row = gray(8, 1, {0, 10, 50, 100, 200, 255, 128, 64});
  EXPECT_EQ(resize(row, 4, 1, Resample::bicubic), gray(4, 1, {4, 77, 216, 111}));
  EXPECT_EQ(resize(row, 5, 1, Resample::bicubic), gray(5, 1, {1, 43, 156, 222, 85}));
  EXPECT_EQ(resize(row, 12, 1, Resample::bicubic),
            gray(12, 1, {0, 2, 15, 42, 71, 114, 185, 242, 244, 148, 87, 60}));
}

TEST(Resize, BicubicVectorInTwoDimensions) {
  std::vector<int> values;
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 6; ++x) values.push_back((37 * x + 91 * y + 13 * x * y) % 256);
  }
  EXPECT_EQ(resize(gray(6, 5, values), 4, 3, Resample::bicubic),
            gray(4, 3, {52, 115, 142, 124, 153, 148, 148, 160, 100, 117, 160, 107}));
}

TEST(Resize, EqualsPillowForEveryFilterAndBox) {
  for (const Json& item : testing::golden_json("resize.json")) {
    const Rgb8 image = pattern(item["size"][0], item["size"][1]);
    std::optional<Box> box;
    if (item.contains("box")) {
      const auto sides = item["box"].get<std::vector<float>>();
      box = Box{sides[0], sides[1], sides[2], sides[3]};
    }
    const auto filter = static_cast<Resample>(item["resample"].get<int>());
    const Rgb8 scaled = resize(image, item["to"][0], item["to"][1], filter, box);
    EXPECT_EQ(hash_hex(testing::text_of(scaled.data)), item["xxh3"].get<std::string>()) << item.dump();
  }
}

TEST(Resize, SameSizeIsACopy) {
  const Rgb8 image = pattern(21, 34);
  for (int filter = 0; filter <= 5; ++filter) {
    EXPECT_EQ(resize(image, 21, 34, static_cast<Resample>(filter)), image) << filter;
  }
}

// Weights sum to 1, so one color stays that color, clamped ends included.
TEST(Resize, OneColorStays) {
  for (const int value : {0, 1, 127, 254, 255}) {
    const Rgb8 image = gray(19, 23, std::vector<int>(19 * 23, value));
    for (int filter = 0; filter <= 5; ++filter) {
      EXPECT_EQ(resize(image, 50, 7, static_cast<Resample>(filter)), gray(50, 7, std::vector<int>(350, value)));
    }
  }
}

TEST(Resize, MirroringCommutes) {
  const Rgb8 image = pattern(40, 30);
  const auto mirrored = [](const Rgb8& in) {
    Rgb8 out = in;
    for (int y = 0; y < in.height; ++y) {
      for (int x = 0; x < in.width; ++x) std::copy_n(in.row(y) + 3 * x, 3, out.row(y) + 3 * (in.width - 1 - x));
    }
    return out;
  };
  const Rgb8 a = mirrored(resize(image, 17, 13, Resample::bicubic));
  const Rgb8 b = resize(mirrored(image), 17, 13, Resample::bicubic);
  for (std::size_t i = 0; i < a.data.size(); ++i) ASSERT_NEAR(a.data[i], b.data[i], 1);
}

// Halving with the box filter is the mean of pairs, rounded half up, after each pass.
TEST(Resize, BoxFilterHalvesByMeans) {
  EXPECT_EQ(resize(gray(4, 1, {10, 20, 31, 40}), 2, 1, Resample::box), gray(2, 1, {15, 36}));
  EXPECT_EQ(resize(gray(1, 4, {10, 20, 31, 40}), 1, 2, Resample::box), gray(1, 2, {15, 36}));
}

TEST(Resize, BilinearDoublesByQuarters) {
  // Centers of the new pixels lie at 1/4 and 3/4: 0.75 * 0 + 0.25 * 100.
  EXPECT_EQ(resize(gray(2, 1, {0, 100}), 4, 1, Resample::bilinear), gray(4, 1, {0, 25, 75, 100}));
}

TEST(Resize, WindowIsACrop) {
  for (const auto& [width, height] :
       {std::pair(60, 20), std::pair(20, 60), std::pair(40, 30), std::pair(90, 55)}) {
    for (int filter = 0; filter <= 5; ++filter) {
      const Rgb8 whole = resize(pattern(40, 30), width, height, static_cast<Resample>(filter));
      const Window window{5, 3, 13, 11};
      const Rgb8 part = resize_window(pattern(40, 30), width, height, static_cast<Resample>(filter), window);
      for (int y = 0; y < window.height; ++y) {
        ASSERT_TRUE(
            std::equal(part.row(y), part.row(y) + part.stride(), whole.row(y + window.y) + 3 * window.x))
            << width << " x " << height << ", filter " << filter << ", row " << y;
      }
    }
  }
}

// A window of an enormous result costs only itself.
TEST(Resize, WindowOfAnEnormousResult) {
  const Rgb8 part =
      resize_window(pattern(3, 100'000), 336, 11'200'000, Resample::bicubic, {0, 5'600'000, 336, 336});
  EXPECT_EQ(part.height, 336);
}

TEST(Resize, RefusesNonsense) {
  const Rgb8 image = pattern(4, 4);
  EXPECT_THROW(resize(image, 0, 4, Resample::bicubic), Error);
  EXPECT_THROW(resize(image, 4, -1, Resample::bicubic), Error);
  EXPECT_THROW(resize(Rgb8{}, 4, 4, Resample::bicubic), Error);
  EXPECT_THROW(resize(Rgb8{4, 4, {}}, 4, 4, Resample::bicubic), Error) << "data missing";
  EXPECT_THROW(resize(image, 4, 4, Resample::bicubic, Box{0, 0, 5, 4}), Error);
  EXPECT_THROW(resize(image, 4, 4, Resample::bicubic, Box{2, 0, 2, 4}), Error);
  EXPECT_THROW(resize(image, 4, 4, Resample::bicubic, Box{0, 0, NAN, 4}), Error);
  EXPECT_THROW(resize_window(image, 8, 8, Resample::bicubic, {0, 0, 9, 8}), Error);
  EXPECT_THROW(resize_window(image, 8, 8, Resample::bicubic, {-1, 0, 4, 4}), Error);
}

}  // namespace
}  // namespace halftone
