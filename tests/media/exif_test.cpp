#include "halftone/media/exif.h"

#include <string>

#include <gtest/gtest.h>

namespace halftone {
namespace {

// A TIFF structure with one directory entry.
std::string exif_with(int tag, int type, std::uint32_t value, bool little = true) {
  std::string text = little ? "II" : "MM";
  const auto put = [&](std::uint32_t number, int size) {
    for (int i = 0; i < size; ++i) text += static_cast<char>(number >> 8 * (little ? i : size - 1 - i));
  };
  put(42, 2), put(8, 4), put(1, 2);
  put(static_cast<std::uint32_t>(tag), 2), put(static_cast<std::uint32_t>(type), 2), put(1, 4);
  const int size = type == 1 ? 1 : type == 3 ? 2 : 4;
  put(value, size);
  text.append(static_cast<std::size_t>(4 - size), '\0');
  put(0, 4);
  return text;
}

int orientation_of(const std::string& text) { return exif_orientation(std::as_bytes(std::span(text))); }

TEST(Exif, ReadsEveryOrientationInBothByteOrders) {
  for (std::uint32_t value = 1; value <= 8; ++value) {
    for (const int type : {1, 3, 4}) {
      EXPECT_EQ(orientation_of(exif_with(0x0112, type, value)), static_cast<int>(value));
      EXPECT_EQ(orientation_of(exif_with(0x0112, type, value, false)), static_cast<int>(value));
    }
  }
}

TEST(Exif, PrefixOfJpegIsSkipped) {
  EXPECT_EQ(orientation_of(std::string("Exif\0\0", 6) + exif_with(0x0112, 3, 6)), 6);
}

TEST(Exif, NonsenseIsUpright) {
  EXPECT_EQ(orientation_of(""), 1);
  EXPECT_EQ(orientation_of("II"), 1);
  EXPECT_EQ(orientation_of("no exif at all, but long enough to hold one"), 1);
  EXPECT_EQ(orientation_of(exif_with(0x0113, 3, 6)), 1) << "another tag";
  EXPECT_EQ(orientation_of(exif_with(0x0112, 3, 0)), 1);
  EXPECT_EQ(orientation_of(exif_with(0x0112, 3, 9)), 1);
  EXPECT_EQ(orientation_of(exif_with(0x0112, 2, 6)), 1) << "text";
}

TEST(Exif, TruncatedOrWildOffsetsNeverReadOutside) {
  const std::string whole = exif_with(0x0112, 3, 6);
  for (std::size_t length = 0; length < whole.size(); ++length) orientation_of(whole.substr(0, length));
  std::string wild = whole;
  wild.replace(4, 4, "\xFF\xFF\xFF\xFF");
  EXPECT_EQ(orientation_of(wild), 1);
  wild = whole;
  wild.replace(8, 2, "\xFF\xFF");
  EXPECT_EQ(orientation_of(wild), 6) << "the entry that is there still counts";
}

// A 3 x 2 picture whose red values are its letters.
Rgb8 letters(int width, int height, const std::string& text) {
  Rgb8 image = black_image(width, height);
  for (std::size_t i = 0; i < text.size(); ++i) image.data[3 * i] = static_cast<std::uint8_t>(text[i]);
  return image;
}

TEST(TurnUpright, AllEightOrientations) {
  const Rgb8 stored = letters(3, 2, "abcdef");
  EXPECT_EQ(turn_upright(stored, 1), stored);
  EXPECT_EQ(turn_upright(stored, 2), letters(3, 2, "cbafed"));
  EXPECT_EQ(turn_upright(stored, 3), letters(3, 2, "fedcba"));
  EXPECT_EQ(turn_upright(stored, 4), letters(3, 2, "defabc"));
  EXPECT_EQ(turn_upright(stored, 5), letters(2, 3, "adbecf"));
  EXPECT_EQ(turn_upright(stored, 6), letters(2, 3, "daebfc"));
  EXPECT_EQ(turn_upright(stored, 7), letters(2, 3, "fcebda"));
  EXPECT_EQ(turn_upright(stored, 8), letters(2, 3, "cfbead"));
  EXPECT_EQ(turn_upright(stored, 9), stored);
}

}  // namespace
}  // namespace halftone
