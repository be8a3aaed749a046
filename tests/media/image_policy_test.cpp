#include "halftone/media/image_policy.h"

#include <climits>

#include "tests/media/goldens.h"
#include <gtest/gtest.h>

#include "halftone/base/error.h"
#include "halftone/io/hash.h"

namespace halftone {
namespace {

using testing::pattern;

const PixelNorm kClip{
    {0.48145466, 0.4578275, 0.40821073}, {0.26862954, 0.26130258, 0.27577711}, 0.00392156862745098};
const PixelNorm kImageNet{{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}, 1.0 / 255};

// The settings of the checkpoints that the goldens come from.
ImagePolicy golden_policy(const Json& item) {
  const std::string name = item["policy"];
  if (name == "patch_grid") return PatchGridPolicy{.norm = kClip};
  if (name == "tiles")
    return TilePolicy{.tile = 112, .max_tiles = item.value("max_tiles", 12), .norm = kImageNet};
  CropPolicy crop{.shortest_edge = 112, .crop = 112, .norm = kClip};
  if (name == "padded_crop") crop.pad_to_square = true, crop.background = {122, 116, 104};
  if (name == "small_crop") crop.shortest_edge = 91;
  return crop;
}

std::string_view text_of(const Tensor& tensor) {
  return {static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()};
}

// The pixels of all pictures of a case, one after the other, must be the reference's to the last bit.
TEST(ImagePixels, EqualTheReferenceProcessors) {
  for (const Json& item : testing::golden_json("pixels.json")) {
    const ImagePolicy policy = golden_policy(item);
    std::string bytes;
    for (std::size_t i = 0; i < item["images"].size(); ++i) {
      const Rgb8 picture = testing::decode_golden(item["images"][i]);
      const ImageLayout layout = plan_image(policy, picture.width, picture.height);
      if (item.contains("grid")) {
        EXPECT_EQ(layout.grid, (item["grid"][i].get<std::array<std::int64_t, 3>>())) << item.dump();
      } else {
        EXPECT_EQ(layout.tiles, item["tiles"][i].get<std::int64_t>()) << item.dump();
      }
      const Tensor pixels = image_pixels(policy, picture, layout);
      EXPECT_EQ(pixels.sizes().slice(1),
                at::IntArrayRef(item["shape"].get<std::vector<std::int64_t>>()).slice(1));
      bytes += text_of(pixels);
    }
    EXPECT_EQ(hash_hex(bytes), item["xxh3"].get<std::string>()) << item.dump();
  }
}

// The same by value where the goldens hold the values: says how far off a failure is.
TEST(ImagePixels, ValuesOfTheReferenceProcessors) {
  int compared = 0;
  for (const Json& item : testing::golden_json("pixels.json")) {
    if (!item.contains("array")) continue;
    const ImagePolicy policy = golden_policy(item);
    const Rgb8 picture = testing::decode_golden(item["images"][0]);
    const Tensor pixels = image_pixels(policy, picture, plan_image(policy, picture.width, picture.height));
    const std::vector<float> expected = testing::golden_array<float>(item["array"]);
    ASSERT_EQ(static_cast<std::size_t>(pixels.numel()), expected.size());
    float farthest = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      farthest = std::max(farthest, std::abs(pixels.const_data_ptr<float>()[i] - expected[i]));
    }
    EXPECT_LE(farthest, 1e-6f) << item["array"];
    ++compared;
  }
  EXPECT_EQ(compared, 3);
}

struct PatchPlan {
  int width, height;
  std::array<std::int64_t, 3> wide, narrow;
  std::int64_t wide_tokens, narrow_tokens;
};

const PatchPlan kPatchPlans[] = {
    {640, 480, {1, 34, 46}, {1, 34, 46}, 391, 391}, {1920, 1080, {1, 78, 138}, {1, 52, 94}, 2691, 1222},
    {70, 70, {1, 4, 4}, {1, 32, 32}, 4, 256},       {4000, 3000, {1, 214, 286}, {1, 60, 82}, 15301, 1230},
    {278, 561, {1, 40, 20}, {1, 46, 24}, 200, 276},
};

TEST(PlanImage, PatchGrids) {
  const PatchGridPolicy wide{}, narrow{.min_pixels = 200704, .max_pixels = 1003520};
  for (const auto& plan : kPatchPlans) {
    const ImageLayout a = plan_image(wide, plan.width, plan.height),
                      b = plan_image(narrow, plan.width, plan.height);
    EXPECT_EQ(a.grid, plan.wide);
    EXPECT_EQ(a.tokens, plan.wide_tokens);
    EXPECT_EQ(b.grid, plan.narrow);
    EXPECT_EQ(b.tokens, plan.narrow_tokens);
    EXPECT_EQ(a.source_width, plan.width);
  }
}

TEST(PlanImage, Tiles) {
  const TilePolicy policy{};
  const ImageLayout layout = plan_image(policy, 1024, 768);
  EXPECT_EQ(layout, (ImageLayout{.source_width = 1024,
                                 .source_height = 768,
                                 .width = 1792,
                                 .height = 1344,
                                 .columns = 4,
                                 .rows = 3,
                                 .tiles = 13,
                                 .grid = {1, 32, 32},
                                 .tokens = 3328}));
  EXPECT_EQ(plan_image(policy, 300, 300).tiles, 1) << "one tile needs no thumbnail";
  EXPECT_EQ(plan_image(TilePolicy{.thumbnail = false}, 1024, 768).tokens, 12 * 256);
}

TEST(PlanImage, Crops) {
  EXPECT_EQ(plan_image(CropPolicy{}, 640, 427).tokens, 576);
  EXPECT_EQ(plan_image(CropPolicy{.extra_tokens = 1}, 640, 427).tokens, 577);
  EXPECT_EQ(plan_image(CropPolicy{}, 640, 427).width, 503);
  EXPECT_EQ(plan_image(CropPolicy{.pad_to_square = true}, 640, 427).width, 336);
}

void expect_refused(const ImagePolicy& policy, int width, int height, const std::string& word) {
  try {
    plan_image(policy, width, height);
    ADD_FAILURE() << policy_hash_text(policy) << " took " << width << " x " << height;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    EXPECT_NE(error.message().find(word), std::string::npos) << error.message();
  }
}

TEST(PlanImage, ExtremePictures) {
  expect_refused(PatchGridPolicy{}, 1, 100'000, "aspect ratio of 100000.0");
  expect_refused(PatchGridPolicy{}, 201, 1, "aspect");
  EXPECT_EQ(plan_image(PatchGridPolicy{}, 200, 1).tokens, 1 * 29);
  expect_refused(CropPolicy{.pad_to_square = true}, 1, 100'000, "limit");
  expect_refused(CropPolicy{}, 1, INT_MAX, "side");
  for (const ImagePolicy& policy :
       {ImagePolicy(PatchGridPolicy{}), ImagePolicy(TilePolicy{}), ImagePolicy(CropPolicy{})}) {
    expect_refused(policy, 0, 0, "empty");
    expect_refused(policy, 5, -1, "empty");
  }
}

// Every policy turns the smallest pictures, and the longest that it accepts, into pixels.
TEST(ImagePixels, SmallAndLongPictures) {
  const std::pair<int, int> sizes[] = {{1, 1}, {2, 2}, {27, 27}, {1, 100}, {100, 1}, {13, 7}};
  const ImagePolicy policies[] = {PatchGridPolicy{}, TilePolicy{.tile = 56},
                                  CropPolicy{.shortest_edge = 56, .crop = 56},
                                  CropPolicy{.shortest_edge = 56, .crop = 56, .pad_to_square = true}};
  for (const auto& [width, height] : sizes) {
    for (const ImagePolicy& policy : policies) {
      const ImageLayout layout = plan_image(policy, width, height);
      EXPECT_GE(layout.tokens, 1);
      EXPECT_GT(image_pixels(policy, pattern(width, height), layout).numel(), 0);
    }
  }
  const CropPolicy crop{.shortest_edge = 56, .crop = 56};
  const Rgb8 thread = pattern(1, 100'000);
  EXPECT_EQ(image_pixels(crop, thread, plan_image(crop, 1, 100'000)).numel(), 3 * 56 * 56);
}

// Numbers every pixel of a picture whose size is already right, and asks where each number went.
TEST(ImagePixels, OrderOfPatches) {
  const PatchGridPolicy policy{.patch = 2,
                               .temporal = 2,
                               .merge = 2,
                               .min_pixels = 1,
                               .max_pixels = 1 << 20,
                               .resample = Resample::bicubic,
                               .norm = {{0, 0, 0}, {1, 1, 1}, 1}};
  Rgb8 picture = black_image(8, 4);
  for (std::size_t i = 0; i < picture.data.size(); ++i) picture.data[i] = static_cast<std::uint8_t>(i);
  const ImageLayout layout = plan_image(policy, 8, 4);
  const Tensor pixels = image_pixels(policy, picture, layout);
  ASSERT_EQ(pixels.sizes(), (at::IntArrayRef{8, 24}));
  const auto values = pixels.const_data_ptr<float>();
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 8; ++x) {
      const int row = (x / 4) * 4 + y / 2 * 2 + x / 2 % 2;  // one group row; groups of 2 x 2 patches
      for (int c = 0; c < 3; ++c) {
        for (int t = 0; t < 2; ++t) {
          const int column = ((c * 2 + t) * 2 + y % 2) * 2 + x % 2;
          ASSERT_EQ(values[24 * row + column], 3 * (8 * y + x) + c) << x << " " << y << " " << c << " " << t;
        }
      }
    }
  }
}

TEST(ImagePixels, OrderOfTiles) {
  const TilePolicy policy{.tile = 28, .norm = {{0, 0, 0}, {1, 1, 1}, 1}};
  Rgb8 picture = black_image(56, 28);  // the left half black, the right half white
  for (int y = 0; y < 28; ++y) std::fill_n(picture.row(y) + 3 * 28, 3 * 28, std::uint8_t{255});
  const Tensor pixels = image_pixels(policy, picture, plan_image(policy, 56, 28));
  ASSERT_EQ(pixels.sizes(), (at::IntArrayRef{3, 3, 28, 28}));
  const float* values = pixels.const_data_ptr<float>();
  const std::size_t tile = 3 * 28 * 28;
  EXPECT_TRUE(std::all_of(values, values + tile, [](float v) { return v == 0; }));
  EXPECT_TRUE(std::all_of(values + tile, values + 2 * tile, [](float v) { return v == 255; }));
  EXPECT_EQ(values[2 * tile], 0) << "the thumbnail's left";
  EXPECT_EQ(values[3 * tile - 1], 255) << "the thumbnail's right";
}

// Of an odd border the smaller half comes first.
TEST(ImagePixels, PaddingToASquare) {
  const CropPolicy policy{.shortest_edge = 2,
                          .crop = 2,
                          .pad_to_square = true,
                          .background = {7, 8, 9},
                          .patch = 1,
                          .norm = {{0, 0, 0}, {1, 1, 1}, 1}};
  const auto red_plane = [&](int width, int height) {
    Rgb8 picture = black_image(width, height);
    std::fill(picture.data.begin(), picture.data.end(), std::uint8_t{100});
    const Tensor pixels = image_pixels(policy, picture, plan_image(policy, width, height));
    const float* values = pixels.const_data_ptr<float>();
    return std::vector<float>(values, values + 4);
  };
  EXPECT_EQ(red_plane(1, 2), (std::vector<float>{100, 7, 100, 7}));
  EXPECT_EQ(red_plane(2, 1), (std::vector<float>{100, 100, 7, 7}));
}

TEST(ImagePixels, RefuseAnotherPicturesLayout) {
  const TilePolicy policy{};
  EXPECT_THROW(image_pixels(policy, pattern(20, 30), plan_image(policy, 30, 20)), Error);
  EXPECT_THROW(image_pixels(policy, pattern(20, 30), ImageLayout{}), Error);
}

TEST(CheckPolicy, NamesTheField) {
  expect_refused(PatchGridPolicy{.patch = 0}, 9, 9, "patch is 0");
  expect_refused(PatchGridPolicy{.merge = 0}, 9, 9, "merge");
  expect_refused(PatchGridPolicy{.temporal = -1}, 9, 9, "temporal");
  expect_refused(PatchGridPolicy{.min_pixels = 10, .max_pixels = 5}, 9, 9, "min_pixels");
  expect_refused(PatchGridPolicy{.max_pixels = std::int64_t{1} << 40}, 9, 9, "max_pixels");
  expect_refused(PatchGridPolicy{.max_aspect = 0}, 9, 9, "max_aspect");
  expect_refused(TilePolicy{.tile = 450}, 9, 9, "multiple");
  expect_refused(TilePolicy{.max_tiles = 1'000'000}, 9, 9, "max_tiles");
  expect_refused(TilePolicy{.min_tiles = 13}, 9, 9, "min_tiles");
  expect_refused(TilePolicy{.tile = 1 << 14, .max_tiles = 1024, .patch = 16}, 1000, 9, "tiling");
  expect_refused(CropPolicy{.crop = 0}, 9, 9, "crop");
  expect_refused(CropPolicy{.extra_tokens = -1}, 9, 9, "extra_tokens");
}

TEST(PolicyHashText, DiffersWithEveryField) {
  const ImagePolicy policies[] = {
      PatchGridPolicy{},
      PatchGridPolicy{.patch = 16},
      PatchGridPolicy{.temporal = 1},
      PatchGridPolicy{.merge = 1},
      PatchGridPolicy{.min_pixels = 784},
      PatchGridPolicy{.max_pixels = 1003520},
      PatchGridPolicy{.max_aspect = 100},
      PatchGridPolicy{.resample = Resample::bilinear},
      PatchGridPolicy{.norm = kClip},
      PatchGridPolicy{.norm = kImageNet},
      TilePolicy{},
      TilePolicy{.tile = 224},
      TilePolicy{.min_tiles = 2},
      TilePolicy{.max_tiles = 6},
      TilePolicy{.thumbnail = false},
      TilePolicy{.patch = 28},
      TilePolicy{.merge = 1},
      TilePolicy{.norm = kImageNet},
      CropPolicy{},
      CropPolicy{.shortest_edge = 224},
      CropPolicy{.crop = 224},
      CropPolicy{.pad_to_square = true},
      CropPolicy{.background = {1, 2, 3}},
      CropPolicy{.patch = 16},
      CropPolicy{.extra_tokens = 1},
      CropPolicy{.resample = Resample::lanczos},
  };
  for (const ImagePolicy& a : policies) {
    for (const ImagePolicy& b : policies) {
      EXPECT_EQ(policy_hash_text(a) == policy_hash_text(b), a == b) << policy_hash_text(a);
    }
  }
}

// The text is a promise to caches on disk.
TEST(PolicyHashText, IsFixed) {
  EXPECT_EQ(policy_hash_text(PatchGridPolicy{.norm = kClip}),
            "patch_grid patch=14 temporal=2 merge=2 pixels=3136..12845056 aspect=200 "
            "mean=0.48145466,0.4578275,0.40821073 std=0.26862954,0.26130258,0.27577711 "
            "rescale=0.00392156862745098 resample=bicubic");
}

}  // namespace
}  // namespace halftone
