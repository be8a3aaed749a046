#include "halftone/media/decode_webp.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include <webp/decode.h>

#include "halftone/base/error.h"
#include "halftone/media/exif.h"

namespace halftone {
namespace {

constexpr std::size_t kRiffHeader = 12;  // "RIFF", length of what follows these 8 bytes, "WEBP"

const std::uint8_t* data_of(std::span<const std::byte> bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

std::size_t little_endian(const std::byte* bytes) {
  std::size_t value = 0;
  for (int i = 4; i-- > 0;) value = value << 8 | std::to_integer<std::size_t>(bytes[i]);
  return value;
}

const char* describe(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY: return "out of memory";
    case VP8_STATUS_NOT_ENOUGH_DATA: return "the file ends early";
    case VP8_STATUS_UNSUPPORTED_FEATURE: return "an unsupported feature";
    default: return "damaged data";
  }
}

void check(VP8StatusCode status, const std::string& origin) {
  const ErrorKind kind = status == VP8_STATUS_OUT_OF_MEMORY         ? ErrorKind::resource
                         : status == VP8_STATUS_UNSUPPORTED_FEATURE ? ErrorKind::unsupported
                                                                    : ErrorKind::input;
  require(status == VP8_STATUS_OK, kind, "{}: not a sound WebP ({})", origin, describe(status));
}

WebPBitstreamFeatures read_features(std::span<const std::byte> bytes, const std::string& origin) {
  const std::size_t length = little_endian(&bytes[4]);
  require(length <= bytes.size() - 8, ErrorKind::input,
          "{}: the WebP says it has {} bytes after the first 8, the file has {} (truncated download?)", origin,
          length, bytes.size() - 8);
  WebPBitstreamFeatures features;
  check(WebPGetFeatures(data_of(bytes), bytes.size(), &features), origin);
  require(features.has_animation == 0, ErrorKind::unsupported,
          "{}: this is an animated WebP; save one of its frames", origin);
  return features;
}

// The chunks after the RIFF header: a name of 4 bytes, a length, the data, padded to an even length.
int orientation_of(std::span<const std::byte> bytes) {
  for (std::size_t at = kRiffHeader; bytes.size() - at >= 8;) {
    const std::size_t length = little_endian(&bytes[at + 4]);
    if (length > bytes.size() - at - 8) break;
    if (std::memcmp(&bytes[at], "EXIF", 4) == 0) return exif_orientation(bytes.subspan(at + 8, length));
    at += std::min(8 + length + (length & 1), bytes.size() - at);
  }
  return 1;
}

}  // namespace

ImageSize probe_webp(std::span<const std::byte> bytes, const std::string& origin) {
  const WebPBitstreamFeatures features = read_features(bytes, origin);
  return {ImageKind::webp, features.width, features.height, orientation_of(bytes)};
}

Rgb8 decode_webp(std::span<const std::byte> bytes, const std::string& origin, Alpha alpha) {
  const WebPBitstreamFeatures features = read_features(bytes, origin);
  Rgb8 image = black_image(features.width, features.height);
  const bool blend = features.has_alpha != 0 && alpha == Alpha::white;
  std::vector<std::uint8_t> rgba(blend ? image.data.size() / 3 * 4 : 0);

  WebPDecoderConfig config;
  require(WebPInitDecoderConfig(&config) != 0, ErrorKind::internal,
          "libwebp's headers do not match its library");
  config.output.colorspace = blend ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {.rgba = blend ? rgba.data() : image.data.data(),
                          .stride = features.width * (blend ? 4 : 3),
                          .size = blend ? rgba.size() : image.data.size()};
  check(WebPDecode(data_of(bytes), bytes.size(), &config), origin);
  if (blend) rgba_to_rgb(rgba.data(), rgba.size() / 4, alpha, image.data.data());
  return image;
}

std::string webp_version() {
  const int version = WebPGetDecoderVersion();
  return fmt::format("libwebp {}.{}.{}", version >> 16, version >> 8 & 255, version & 255);
}

}  // namespace halftone
