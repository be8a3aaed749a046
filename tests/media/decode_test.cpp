#include "halftone/media/decode.h"

#include <algorithm>
#include <cctype>

#include "tests/media/goldens.h"
#include <gtest/gtest.h>

#include "halftone/base/error.h"
#include "halftone/base/seed.h"
#include "halftone/io/hash.h"

namespace halftone {
namespace {

using namespace std::string_literals;
using testing::bytes_of;
using testing::decode_golden;
using testing::golden_file;

ErrorKind kind_of_refusal(const std::string& file, const DecodeOptions& options = {}) {
  try {
    decode_image(bytes_of(file), "x", options);
  } catch (const Error& error) {
    EXPECT_TRUE(error.message().starts_with("x: ")) << error.message();
    return error.kind();
  }
  ADD_FAILURE() << "decoded " << file.size() << " bytes";
  return ErrorKind::internal;
}

std::string test_name(const ::testing::TestParamInfo<std::string>& picture) {
  std::string name = picture.param;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

class EveryPicture : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Goldens, EveryPicture, ::testing::ValuesIn(testing::golden_pictures()), test_name);

TEST_P(EveryPicture, EqualsPillow) {
  EXPECT_EQ(decode_golden(GetParam()).data, testing::golden_array<std::uint8_t>("rgb/" + GetParam() + ".npy"));
}

TEST_P(EveryPicture, ProbeSaysWhatDecodingGives) {
  const std::string file = golden_file(GetParam());
  const ImageSize size = probe_image(bytes_of(file), GetParam());
  const Rgb8 image = decode_image(bytes_of(file), GetParam());
  EXPECT_EQ(std::pair(size.width, size.height), std::pair(image.width, image.height));
  EXPECT_EQ(size.kind, GetParam().ends_with(".jpg")   ? ImageKind::jpeg
                       : GetParam().ends_with(".png") ? ImageKind::png
                                                      : ImageKind::webp);
}

// A picture that ends early is an error at every length: never gray below, never a crash.
TEST_P(EveryPicture, TruncatedIsRefused) {
  const std::string file = golden_file(GetParam());
  const std::size_t step = file.size() / 23 + 1;
  for (std::size_t length = 1; length < file.size();
       length += length < 40 || length + 4 > file.size() ? 1 : step) {
    EXPECT_EQ(kind_of_refusal(file.substr(0, length)), ErrorKind::input) << length << " of " << file.size();
  }
  EXPECT_EQ(kind_of_refusal(file.substr(0, file.size() - 1)), ErrorKind::input);
}

TEST_P(EveryPicture, FlippedBytesGiveAPictureOrAnError) {
  const std::string file = golden_file(GetParam());
  Random random(seed_for(1, GetParam()));
  for (int trial = 0; trial < 200; ++trial) {
    std::string damaged = file;
    for (int flips = 1 + trial % 4; flips-- > 0;) {
      // Half of the flips hit the first bytes, where the structure is.
      const std::size_t range = random.below(2) == 0 ? std::min<std::size_t>(200, file.size()) : file.size();
      damaged[random.below(range)] = static_cast<char>(random.below(256));
    }
    try {
      const Rgb8 image =
          decode_image(bytes_of(damaged), "x", {.exif_orientation = true, .max_pixels = 1 << 20});
      EXPECT_EQ(image.data.size(), image.stride() * static_cast<std::size_t>(image.height));
    } catch (const Error& error) {
      EXPECT_NE(error.kind(), ErrorKind::internal) << error.message();
    }
  }
}

TEST(Decode, PhotographEqualsPillow) {
  const std::string name = "COCO_train2014_000000577592.jpg";
  EXPECT_EQ(hash_hex(testing::text_of(decode_golden(name).data)),
            testing::golden_json("rgb.json")[name].get<std::string>());
}

TEST(Decode, TurnsUprightOnlyWhenAsked) {
  for (const std::string name : {"jpeg-exif-orientation-3.jpg", "jpeg-exif-orientation-6.jpg"}) {
    const Rgb8 upright = decode_golden(name, {.exif_orientation = true});
    EXPECT_EQ(upright.data, testing::golden_array<std::uint8_t>("rgb/" + name + ".upright.npy"));
    const std::string file = golden_file(name);
    const ImageSize size = probe_image(bytes_of(file), name);
    EXPECT_EQ(size.orientation, name.ends_with("3.jpg") ? 3 : 6);
    EXPECT_EQ(std::pair(size.upright().width, size.upright().height), std::pair(upright.width, upright.height));
  }
}

TEST(Decode, AlphaOnWhite) {
  EXPECT_EQ(hash_hex(testing::text_of(decode_golden("png-rgba.png", {.alpha = Alpha::white}).data)),
            testing::golden_json("rgb.json")["png-rgba.png on white"].get<std::string>());
  for (const std::string name : {"png-gray-alpha.png", "png-palette-alpha.png", "scene-112.png"}) {
    EXPECT_EQ(decode_golden(name, {.alpha = Alpha::white}), decode_golden(name)) << name;
  }
}

// The limit counts pixels of the header, so nothing is allocated for a picture above it.
TEST(Decode, LimitOnPixels) {
  for (const std::string name : {"jpeg-baseline-420.jpg", "tall-61x333.png", "webp-lossy.webp"}) {
    const std::string file = golden_file(name);
    const ImageSize size = probe_image(bytes_of(file), name);
    const auto pixels = static_cast<std::uint64_t>(size.width) * static_cast<std::uint64_t>(size.height);
    EXPECT_NO_THROW(decode_image(bytes_of(file), name, {.max_pixels = pixels}));
    EXPECT_EQ(kind_of_refusal(file, {.max_pixels = pixels - 1}), ErrorKind::input);
  }
}

TEST(Decode, OtherKindsAreNamed) {
  const std::pair<std::string, const char*> kinds[] = {
      {"GIF89a\1\0\1\0", "GIF"},
      {"BM\x46\0\0\0"s, "BMP"},
      {"II*\0\x08\0\0\0"s, "TIFF"},
      {"MM\0*\0\0\0\x08"s, "TIFF"},
      {"\0\0\0\x1C"s + "ftypheic", "HEIC"},
      {"\0\0\0\x1C"s + "ftypavif", "AVIF"},
      {"<svg xmlns=\"", "SVG"},
      {"<?xml version=\"1.0\"?>", "SVG"},
      {"%!PS-Adobe", "EPS"},
      {"\0\0\0\x0CjP  \r\n"s, "JPEG 2000"},
  };
  for (const auto& [file, name] : kinds) {
    try {
      probe_image(bytes_of(file), "x");
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::unsupported);
      EXPECT_NE(error.message().find(name), std::string::npos) << error.message();
    }
  }
}

TEST(Decode, NoPictureAtAll) {
  for (const std::string& file : {""s, "\xFF"s, "\xFF\xD8"s, "RIFF"s, "RIFF\4\0\0\0WAVE"s,
                                  "hello world, this is text"s, std::string(100, '\0')}) {
    EXPECT_EQ(kind_of_refusal(file), ErrorKind::input) << file.size();
  }
}

// The name says PNG, the bytes say JPEG: the bytes decide.
TEST(Decode, WrongExtension) {
  const std::string file = golden_file("jpeg-gray.jpg");
  EXPECT_EQ(probe_image(bytes_of(file), "picture.png").kind, ImageKind::jpeg);
  EXPECT_EQ(decode_image(bytes_of(file), "picture.png"), decode_golden("jpeg-gray.jpg"));
}

TEST(Decode, NamesItsDecoders) {
  const std::string versions = decoder_versions();
  for (const char* name : {"libjpeg-turbo ", "libpng 1.", "libwebp 1."}) {
    EXPECT_NE(versions.find(name), std::string::npos) << versions;
  }
}

}  // namespace
}  // namespace halftone
