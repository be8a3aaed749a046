#include "halftone/media/decode_jpeg.h"

#include "tests/media/goldens.h"
#include <gtest/gtest.h>

#include "halftone/base/error.h"
#include "halftone/io/hash.h"

namespace halftone {
namespace {

using namespace std::string_literals;
using testing::bytes_of;
using testing::golden_file;

Rgb8 decode(const std::string& file) { return decode_jpeg(bytes_of(file), "x.jpg"); }

Error refusal(const std::string& file) {
  try {
    decode(file);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "decoded";
  return {ErrorKind::internal, ""};
}

// A marker segment: FF, its code, its length, its data.
std::string segment(int code, const std::string& data) {
  const std::size_t length = data.size() + 2;
  return "\xFF"s + static_cast<char>(code) + static_cast<char>(length >> 8) + static_cast<char>(length & 255) +
         data;
}

// An 8 x 8 gray progressive picture in which every coefficient comes alone and bit by bit: 63 * 14 legal scans
// of one byte each, after one for the mean. All codes are the single bit 0, padded with ones.
std::string scans(int wanted) {
  std::string file = "\xFF\xD8"s + segment(0xDB, "\0"s + std::string(64, '\1'));
  file += segment(0xC2, "\x08\0\x08\0\x08\1\1\x11\0"s);
  const std::string one_code = "\1"s + std::string(15, '\0') + "\0"s;
  file += segment(0xC4, "\x00"s + one_code) + segment(0xC4, "\x10"s + one_code);
  const auto scan = [&](int coefficient, int high, int low) {
    file += segment(0xDA, "\1\1\0"s + static_cast<char>(coefficient) + static_cast<char>(coefficient) +
                              static_cast<char>(high << 4 | low)) +
            "\x7F";
  };
  scan(0, 0, 0);
  for (int coefficient = 1; coefficient < 64; ++coefficient) {
    for (int low = 13; low >= 0 && --wanted > 0; --low) scan(coefficient, low == 13 ? 0 : low + 1, low);
  }
  return file + "\xFF\xD9";
}

TEST(DecodeJpeg, ManyScansAreRefused) {
  const Rgb8 gray = decode(scans(400));
  EXPECT_EQ(gray.data, std::vector<std::uint8_t>(3 * 64, 128));
  const Error error = refusal(scans(800));
  EXPECT_EQ(error.kind(), ErrorKind::input);
  EXPECT_NE(error.message().find("scans"), std::string::npos) << error.message();
}

TEST(DecodeJpeg, YcckIsConvertedAsPillowDoes) {
  std::string file = golden_file("jpeg-cmyk-black.jpg");
  file[file.find("Adobe") + 11] = 2;
  EXPECT_EQ(hash_hex(testing::text_of(decode(file).data)),
            testing::golden_json("rgb.json")["jpeg-cmyk-black.jpg as YCCK"].get<std::string>());
}

// Damage inside the data that libjpeg only warns about.
TEST(DecodeJpeg, DamagedDataIsRefused) {
  std::string file = golden_file("jpeg-baseline-420.jpg");
  file.replace(file.size() / 2, 2, "\xFF\xD9");  // an early end of the picture
  EXPECT_EQ(refusal(file).kind(), ErrorKind::input);
}

TEST(DecodeJpeg, HarmlessWarningsAreNot) {
  const std::string file = golden_file("jpeg-gray.jpg");
  std::string padded = file;
  padded.insert(2, "\0\0\0"s);  // bytes between the markers
  EXPECT_EQ(decode(padded), decode(file));
  EXPECT_EQ(decode(file + "trailing bytes"), decode(file));
}

TEST(DecodeJpeg, UnsupportedProcessesAreNamed) {
  std::string file = golden_file("jpeg-gray.jpg");
  const std::size_t frame = file.find("\xFF\xC0\0\x0B\x08"s);
  ASSERT_NE(frame, std::string::npos);
  std::string deep = file;
  deep[frame + 4] = 12;
  EXPECT_EQ(refusal(deep).kind(), ErrorKind::unsupported);
  std::string lossless = file;
  lossless[frame + 1] = '\xC3';
  EXPECT_EQ(refusal(lossless).kind(), ErrorKind::unsupported);
}

TEST(DecodeJpeg, EmptySidesAreRefused) {
  std::string file = golden_file("jpeg-gray.jpg");
  const std::size_t frame = file.find("\xFF\xC0\0\x0B\x08"s);
  file.replace(frame + 5, 2, "\0\0"s);
  EXPECT_EQ(refusal(file).kind(), ErrorKind::input);
}

}  // namespace
}  // namespace halftone
