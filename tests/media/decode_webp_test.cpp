#include "halftone/media/decode_webp.h"

#include "tests/media/goldens.h"
#include <gtest/gtest.h>

#include "halftone/base/error.h"

namespace halftone {
namespace {

using namespace std::string_literals;
using testing::bytes_of;
using testing::golden_file;

std::string little_endian(std::size_t value, int size) {
  std::string text;
  for (int i = 0; i < size; ++i) text += static_cast<char>(value >> 8 * i);
  return text;
}

std::string chunk(const std::string& type, const std::string& data) {
  return type + little_endian(data.size(), 4) + data + std::string(data.size() % 2, '\0');
}

std::string webp(const std::string& chunks) {
  return "RIFF" + little_endian(chunks.size() + 4, 4) + "WEBP" + chunks;
}

// The extended header: flags and the canvas.
std::string extended(int flags, int width, int height) {
  return chunk("VP8X", static_cast<char>(flags) + "\0\0\0"s +
                           little_endian(static_cast<std::size_t>(width - 1), 3) +
                           little_endian(static_cast<std::size_t>(height - 1), 3));
}

Error refusal(const std::string& file) {
  try {
    decode_image(bytes_of(file), "x.webp");
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "decoded";
  return {ErrorKind::internal, ""};
}

TEST(DecodeWebp, AnimationIsRefused) {
  const Error error = refusal(webp(extended(0x02, 8, 8) + chunk("ANIM", "\0\0\0\0\0\0"s)));
  EXPECT_EQ(error.kind(), ErrorKind::unsupported);
  EXPECT_NE(error.message().find("animated"), std::string::npos);
}

TEST(DecodeWebp, ExifBesideThePicture) {
  const std::string inside = golden_file("webp-lossy.webp").substr(12);
  const ImageSize plain = probe_webp(bytes_of(golden_file("webp-lossy.webp")), "x.webp");
  const std::string exif = chunk("EXIF", "II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\x08\0\0\0\0\0\0\0"s);
  const std::string odd = chunk("note", "of odd length");
  const std::string file = webp(extended(0x08, plain.width, plain.height) + inside + odd + exif);
  EXPECT_EQ(probe_webp(bytes_of(file), "x.webp"), (ImageSize{ImageKind::webp, plain.width, plain.height, 8}));
  EXPECT_EQ(decode_webp(bytes_of(file), "x.webp", Alpha::drop),
            decode_webp(bytes_of(golden_file("webp-lossy.webp")), "x.webp", Alpha::drop));
}

TEST(DecodeWebp, LargeCanvasIsRefusedBeforeMemoryIsTaken) {
  const Error error = refusal(webp(extended(0, 16384, 16384) + golden_file("webp-lossy.webp").substr(12)));
  EXPECT_EQ(error.kind(), ErrorKind::input);
}

TEST(DecodeWebp, WrongLengthsAreRefused) {
  std::string file = golden_file("webp-lossless.webp");
  file.replace(4, 4, "\xFF\xFF\xFF\xFF");
  EXPECT_NE(refusal(file).message().find("truncated"), std::string::npos);
  EXPECT_EQ(refusal(webp("")).kind(), ErrorKind::input);
  EXPECT_EQ(refusal(webp("VP8 "s)).kind(), ErrorKind::input);
}

}  // namespace
}  // namespace halftone
