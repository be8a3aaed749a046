#include "halftone/media/decode.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "halftone/base/error.h"
#include "halftone/media/decode_jpeg.h"
#include "halftone/media/decode_png.h"
#include "halftone/media/decode_webp.h"
#include "halftone/media/exif.h"

namespace halftone {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::size_t offset;
  std::string_view bytes;
  std::string_view name;
};

constexpr std::array kOtherKinds{
    Magic{0, "GIF8"sv, "GIF"},
    Magic{0, "BM"sv, "BMP"},
    Magic{0, "II*\0"sv, "TIFF"},
    Magic{0, "MM\0*"sv, "TIFF"},
    Magic{0, "II+\0"sv, "BigTIFF"},
    Magic{0, "MM\0+"sv, "BigTIFF"},
    Magic{4, "ftypavif"sv, "AVIF"},
    Magic{4, "ftypavis"sv, "AVIF"},
    Magic{4, "ftyphei"sv, "HEIC"},
    Magic{4, "ftyphev"sv, "HEIC"},
    Magic{4, "ftypmif1"sv, "HEIF"},
    Magic{4, "ftypmsf1"sv, "HEIF"},
    Magic{4, "ftyp"sv, "MP4 video"},
    Magic{0, "\0\0\0\x0CjP  "sv, "JPEG 2000"},
    Magic{0, "\xFF\x4F\xFF\x51"sv, "JPEG 2000"},
    Magic{0, "\0\0\0\x0CJXL "sv, "JPEG XL"},
    Magic{0, "\xFF\x0A"sv, "JPEG XL"},
    Magic{0, "8BPS"sv, "PSD"},
    Magic{0, "\0\0\1\0"sv, "ICO"},
    Magic{0, "%PDF"sv, "PDF"},
    Magic{0, "%!PS"sv, "EPS"},
    Magic{0, "\xC5\xD0\xD3\xC6"sv, "EPS"},
    Magic{0, "<svg"sv, "SVG"},
    Magic{0, "<?xml"sv, "SVG or other XML"},
    Magic{0, "qoif"sv, "QOI"},
};

// The first bytes, enough for every magic number above.
std::string_view head_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), std::min<std::size_t>(bytes.size(), 32)};
}

[[noreturn]] void fail_kind(std::string_view head, const std::string& origin) {
  require(!head.empty(), ErrorKind::input, "{}: the picture is empty, expected a JPEG, PNG or WebP", origin);
  for (const Magic& magic : kOtherKinds) {
    require(head.size() < magic.offset || !head.substr(magic.offset).starts_with(magic.bytes),
            ErrorKind::unsupported, "{}: this is {}; convert it to PNG, JPEG or WebP", origin, magic.name);
  }
  fail(ErrorKind::input, "{}: no picture begins with \"{}\", expected a JPEG, PNG or WebP", origin,
       printable(head.substr(0, 8)));
}

ImageKind kind_of(std::span<const std::byte> bytes, const std::string& origin) {
  const std::string_view head = head_of(bytes);
  if (head.starts_with("\xFF\xD8\xFF"sv)) return ImageKind::jpeg;
  if (head.starts_with("\x89PNG\r\n\x1A\n"sv)) return ImageKind::png;
  if (head.starts_with("RIFF"sv) && head.size() >= 12 && head.substr(8).starts_with("WEBP"sv)) {
    return ImageKind::webp;
  }
  fail_kind(head, origin);
}

Rgb8 decode_stored(std::span<const std::byte> bytes, ImageKind kind, const std::string& origin, Alpha alpha) {
  switch (kind) {
    case ImageKind::jpeg: return decode_jpeg(bytes, origin);
    case ImageKind::png: return decode_png(bytes, origin, alpha);
    case ImageKind::webp: return decode_webp(bytes, origin, alpha);
  }
  fail(ErrorKind::internal, "{}: no decoder for this kind of picture", origin);
}

}  // namespace

ImageSize probe_image(std::span<const std::byte> bytes, const std::string& origin) {
  switch (kind_of(bytes, origin)) {
    case ImageKind::jpeg: return probe_jpeg(bytes, origin);
    case ImageKind::png: return probe_png(bytes, origin);
    case ImageKind::webp: return probe_webp(bytes, origin);
  }
  fail(ErrorKind::internal, "{}: no decoder for this kind of picture", origin);
}

Rgb8 decode_image(std::span<const std::byte> bytes, const std::string& origin, const DecodeOptions& options) {
  const ImageSize size = probe_image(bytes, origin);
  const std::uint64_t pixels = static_cast<std::uint64_t>(size.width) * static_cast<std::uint64_t>(size.height);
  require(pixels <= options.max_pixels, ErrorKind::input,
          "{}: the picture has {} x {} = {} pixels, the limit is {}; scale it down or raise the limit", origin,
          size.width, size.height, pixels, options.max_pixels);
  Rgb8 image = decode_stored(bytes, size.kind, origin, options.alpha);
  return options.exif_orientation ? turn_upright(std::move(image), size.orientation) : image;
}

std::string decoder_versions() { return jpeg_version() + ", " + png_version() + ", " + webp_version(); }

}  // namespace halftone
