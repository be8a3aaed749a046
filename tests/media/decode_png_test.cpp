#include "halftone/media/decode_png.h"

#include "tests/media/goldens.h"
#include <gtest/gtest.h>

#include "halftone/base/error.h"

namespace halftone {
namespace {

using namespace std::string_literals;
using testing::bytes_of;
using testing::golden_file;

std::string big_endian(std::size_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift);
  return text;
}

// The checksum of a chunk: CRC-32, bit by bit.
std::uint32_t crc_of(const std::string& text) {
  std::uint32_t crc = ~0u;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
  }
  return ~crc;
}

std::string chunk(const std::string& type, const std::string& data) {
  return big_endian(data.size()) + type + data + big_endian(crc_of(type + data));
}

// zlib's container with the bytes stored as they are.
std::string stored(const std::string& data) {
  std::uint32_t a = 1, b = 0;
  for (const char c : data) a = (a + static_cast<unsigned char>(c)) % 65521, b = (b + a) % 65521;
  const auto low = static_cast<char>(data.size() & 255), high = static_cast<char>(data.size() >> 8);
  return "\x78\x01\x01"s + low + high + static_cast<char>(~low) + static_cast<char>(~high) + data +
         big_endian(b << 16 | a);
}

const std::string kSignature = "\x89PNG\r\n\x1A\n";

std::string png(std::size_t width, std::size_t height, int depth, int color, const std::string& rows,
                const std::string& before_data = {}, int interlaced = 0) {
  return kSignature +
         chunk("IHDR", big_endian(width) + big_endian(height) + static_cast<char>(depth) +
                           static_cast<char>(color) + "\0\0"s + static_cast<char>(interlaced)) +
         before_data + chunk("IDAT", stored(rows)) + chunk("IEND", "");
}

Rgb8 decode(const std::string& file, Alpha alpha = Alpha::drop) {
  return decode_png(bytes_of(file), "x.png", alpha);
}

Error refusal(const std::string& file) {
  try {
    decode_image(bytes_of(file), "x.png");
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "decoded";
  return {ErrorKind::internal, ""};
}

using Bytes = std::vector<std::uint8_t>;

TEST(DecodePng, SmallDepthsOfGray) {
  EXPECT_EQ(decode(png(3, 1, 1, 0, "\0\xA0"s)).data, (Bytes{255, 255, 255, 0, 0, 0, 255, 255, 255}));
  EXPECT_EQ(decode(png(4, 1, 2, 0, "\0\x1B"s)).data,
            (Bytes{0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255}));
  EXPECT_EQ(decode(png(2, 1, 4, 0, "\0\x1F"s)).data, (Bytes{17, 17, 17, 255, 255, 255}));
}

TEST(DecodePng, SixteenBits) {
  EXPECT_EQ(decode(png(1, 1, 16, 2, "\0\x12\xFF\x34\xFF\x56\xFF"s)).data, (Bytes{0x12, 0x34, 0x56}));
  // Gray is cut at 255 instead.
  EXPECT_EQ(decode(png(3, 1, 16, 0, "\0\0\x07\0\xFF\1\0"s)).data,
            (Bytes{7, 7, 7, 255, 255, 255, 255, 255, 255}));
}

// Pillow opens gray+alpha of 16 bits as RGBA, of 8 bits not.
TEST(DecodePng, GrayAlphaOnWhite) {
  EXPECT_EQ(decode(png(1, 1, 8, 4, "\0\x40\0"s), Alpha::white).data, (Bytes{0x40, 0x40, 0x40}));
  EXPECT_EQ(decode(png(1, 1, 16, 4, "\0\x40\0\0\0"s), Alpha::white).data, (Bytes{255, 255, 255}));
  EXPECT_EQ(decode(png(1, 1, 16, 4, "\0\x40\0\0\0"s), Alpha::drop).data, (Bytes{0x40, 0x40, 0x40}));
}

TEST(DecodePng, PaletteWithMissingEntries) {
  const std::string palette = chunk("PLTE", "\1\2\3\4\5\6");
  EXPECT_EQ(decode(png(3, 1, 8, 3, "\0\0\1\2"s, palette)).data, (Bytes{1, 2, 3, 4, 5, 6, 0, 0, 0}));
}

// Adam7: of a 2 x 2 picture pass 1 holds the first pixel, pass 6 the second, pass 7 the lower row.
TEST(DecodePng, Interlaced) {
  const std::string rows = "\0\x0A\0\x14\0\x1E\x28"s;
  EXPECT_EQ(decode(png(2, 2, 8, 0, rows, {}, 1)).data, (Bytes{10, 10, 10, 20, 20, 20, 30, 30, 30, 40, 40, 40}));
}

TEST(DecodePng, OrientationChunk) {
  const std::string exif = chunk("eXIf", "MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"s);
  const std::string file = png(2, 1, 8, 0, "\0\x0A\x14"s, exif);
  EXPECT_EQ(probe_png(bytes_of(file), "x.png").orientation, 6);
  EXPECT_EQ(decode_image(bytes_of(file), "x.png", {.exif_orientation = true}).width, 1);
}

TEST(DecodePng, BombsAreRefusedBeforeMemoryIsTaken) {
  for (const std::size_t side : {30'000, 100'000, 1'000'000}) {
    const Error error = refusal(png(side, side, 8, 2, ""));
    EXPECT_EQ(error.kind(), ErrorKind::input);
    EXPECT_NE(error.message().find("the limit is 178956970"), std::string::npos) << error.message();
  }
}

// libpng's own limit on a side, which nobody may raise.
TEST(DecodePng, SidesAboveOneMillionAreRefused) {
  for (const auto& [width, height] : {std::pair(1'000'001, 1), std::pair(1, 1'000'001), std::pair(0, 1)}) {
    const std::string file = png(static_cast<std::size_t>(width), static_cast<std::size_t>(height), 8, 0, "");
    EXPECT_THROW(probe_png(bytes_of(file), "x.png"), Error) << width << " x " << height;
  }
  EXPECT_EQ(probe_png(bytes_of(png(1'000'000, 1, 8, 0, "")), "x.png").width, 1'000'000);
}

std::string with_texts(int count, std::size_t bytes) {
  std::string texts;
  for (int i = 0; i < count; ++i) texts += chunk("tEXt", "k\0"s + std::string(bytes - 2, 'x'));
  return png(1, 1, 8, 0, "\0\7"s, texts);
}

TEST(DecodePng, AncillaryChunksAreLimited) {
  EXPECT_EQ(decode(with_texts(1000, 10)).data, (Bytes{7, 7, 7}));
  EXPECT_NE(refusal(with_texts(1001, 10)).message().find("1000 ancillary"), std::string::npos);
  EXPECT_EQ(decode(with_texts(1, 8'000'000)).data, (Bytes{7, 7, 7}));
  EXPECT_NE(refusal(with_texts(1, 8'000'001)).message().find("8000001 bytes"), std::string::npos);
}

// Compressed text is skipped: what is no zlib stream at all does not matter either.
TEST(DecodePng, CompressedTextIsNotInflated) {
  EXPECT_EQ(decode(png(1, 1, 8, 0, "\0\7"s, chunk("zTXt", "k\0\0 not zlib"s))).data, (Bytes{7, 7, 7}));
  EXPECT_EQ(decode(png(1, 1, 8, 0, "\0\7"s, chunk("iCCP", "k\0\0 not zlib"s))).data, (Bytes{7, 7, 7}));
}

TEST(DecodePng, DamageIsRefused) {
  std::string file = png(2, 1, 8, 0, "\0\x0A\x14"s);
  file[file.find("IDAT") + 10] ^= 1;
  EXPECT_EQ(refusal(file).kind(), ErrorKind::input) << "checksum";
  EXPECT_EQ(refusal(png(2, 2, 8, 0, "\0\x0A\x14"s)).kind(), ErrorKind::input) << "a row is missing";
  EXPECT_EQ(refusal(png(1, 1, 8, 3, "\0\0"s)).kind(), ErrorKind::input) << "no palette";
  EXPECT_EQ(refusal(png(1, 1, 3, 0, "\0\0"s)).kind(), ErrorKind::input) << "no such depth";
}

}  // namespace
}  // namespace halftone
