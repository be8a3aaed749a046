#include "halftone/media/decode_png.h"

#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <vector>

#include <png.h>

#include "halftone/base/error.h"
#include "halftone/media/exif.h"

namespace halftone {
namespace {

constexpr std::size_t kSignature = 8;
constexpr std::uint32_t kMaxAncillary = 1000, kMaxAncillaryBytes = 8'000'000;  // libpng's own defaults

std::uint32_t big_endian(const std::byte* bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(bytes[i]);
  return value;
}

// Walks the chunks (length, type, data, checksum), holds the ancillary ones to libpng's limits, which libpng
// itself keeps by dropping what is above them, and gives the EXIF orientation. A broken chain is left for
// libpng to report.
int check_ancillary(std::span<const std::byte> bytes, const std::string& origin) {
  int orientation = 1;
  std::uint32_t count = 0;
  for (std::size_t at = kSignature; bytes.size() - at >= 12;) {
    const std::uint32_t length = big_endian(&bytes[at]);
    if (length > bytes.size() - at - 12) break;
    const bool ancillary = (bytes[at + 4] & std::byte{0x20}) != std::byte{0};
    count += ancillary ? 1 : 0;
    require(count <= kMaxAncillary, ErrorKind::input, "{}: the PNG has more than {} ancillary chunks", origin,
            kMaxAncillary);
    require(!ancillary || length <= kMaxAncillaryBytes, ErrorKind::input,
            "{}: the PNG has an ancillary chunk of {} bytes at byte {}, the limit is {}", origin, length, at,
            kMaxAncillaryBytes);
    if (std::memcmp(&bytes[at + 4], "eXIf", 4) == 0)
      orientation = exif_orientation(bytes.subspan(at + 8, length));
    at += 12 + std::size_t{length};
  }
  return orientation;
}

// libpng reports errors by a callback that must not return; ours jumps back into guarded().
class PngReader {
 public:
  PngReader(std::span<const std::byte> bytes, const std::string& origin) : bytes_(bytes), origin_(origin) {
    png_ = png_create_read_struct(
        PNG_LIBPNG_VER_STRING, this,
        [](png_structp png, png_const_charp text) {
          static_cast<PngReader*>(png_get_error_ptr(png))->escape(text);
        },
        [](png_structp, png_const_charp) {});
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) png_destroy_read_struct(&png_, nullptr, nullptr);
    require(info_ != nullptr, ErrorKind::resource, "{}: no memory for the PNG decoder", origin_);
  }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

  ImageSize read_header() {
    const int orientation = check_ancillary(bytes_, origin_);
    guarded([](PngReader& reader) {
      png_set_read_fn(reader.png_, &reader, [](png_structp png, png_bytep out, std::size_t count) {
        static_cast<PngReader*>(png_get_io_ptr(png))->read(out, count);
      });
      // Text, profiles and other ancillary data are skipped unread: nothing in them changes a pixel.
      png_set_keep_unknown_chunks(reader.png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
      png_read_info(reader.png_, reader.info_);
    });
    return {ImageKind::png, static_cast<int>(png_get_image_width(png_, info_)),
            static_cast<int>(png_get_image_height(png_, info_)), orientation};
  }

  // After read_header.
  Rgb8 read_pixels(Alpha alpha) {
    alpha_ = alpha;
    color_ = png_get_color_type(png_, info_);
    image_ = black_image(static_cast<int>(png_get_image_width(png_, info_)),
                         static_cast<int>(png_get_image_height(png_, info_)));
    guarded([](PngReader& reader) { reader.prepare(); });
    stride_ = png_get_rowbytes(png_, info_);
    rows_.resize(stride_ * (passes_ == 1 ? 1 : static_cast<std::size_t>(image_.height)));
    guarded([](PngReader& reader) { reader.read_rows(); });
    return std::move(image_);
  }

 private:
  [[noreturn]] void escape(const char* text) {
    std::snprintf(message_.data(), message_.size(), "%s", text);
    std::longjmp(back_, 1);
  }

  // Runs a step of the C library and throws what it reports. A longjmp skips destructors, so neither `step` nor
  // what it calls may hold an object that has one.
  void guarded(void (*step)(PngReader&)) {
    if (setjmp(back_) == 0) {
      step(*this);
    } else {
      fail(ErrorKind::input, "{}: not a sound PNG ({})", origin_, message_.data());
    }
  }

  void read(png_bytep out, std::size_t count) {
    if (count > bytes_.size() - position_) png_error(png_, "the file ends early");
    std::memcpy(out, bytes_.data() + position_, count);
    position_ += count;
  }

  // Every row comes as bytes: palette indices, or 1 to 4 channels of 8 bits, or gray of 16.
  void prepare() {
    wide_gray_ = color_ == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png_, info_) == 16;
    if (color_ == PNG_COLOR_TYPE_PALETTE) {
      read_palette();
    } else if (color_ == PNG_COLOR_TYPE_GRAY) {
      png_set_expand_gray_1_2_4_to_8(png_);
    } else if (color_ == PNG_COLOR_TYPE_GRAY_ALPHA && png_get_bit_depth(png_, info_) == 16) {
      // Pillow opens this one kind of gray as RGBA, which shows where alpha is laid on white.
      png_set_gray_to_rgb(png_);
      color_ = PNG_COLOR_TYPE_RGB_ALPHA;
    }
    if (!wide_gray_) png_set_strip_16(png_);
    png_set_packing(png_);
    passes_ = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
  }

  // Entries that the file leaves out stay black, as in Pillow.
  void read_palette() {
    png_colorp colors = nullptr;
    int count = 0;
    png_get_PLTE(png_, info_, &colors, &count);
    for (int i = 0; i < count; ++i) palette_[i] = {colors[i].red, colors[i].green, colors[i].blue};
  }

  void read_rows() {
    for (int pass = 0; pass < passes_; ++pass) {
      for (int y = 0; y < image_.height; ++y) {
        std::uint8_t* row = rows_.data() + (passes_ == 1 ? 0 : stride_ * static_cast<std::size_t>(y));
        png_read_row(png_, row, nullptr);
        if (pass == passes_ - 1) convert_row(row, image_.row(y));
      }
    }
    png_read_end(png_, nullptr);
  }

  void convert_row(const std::uint8_t* in, std::uint8_t* rgb) const {
    const auto pixels = static_cast<std::size_t>(image_.width);
    switch (color_) {
      case PNG_COLOR_TYPE_RGB: std::memcpy(rgb, in, 3 * pixels); break;
      case PNG_COLOR_TYPE_RGB_ALPHA: rgba_to_rgb(in, pixels, alpha_, rgb); break;
      case PNG_COLOR_TYPE_PALETTE:
        for (std::size_t x = 0; x < pixels; ++x) std::memcpy(rgb + 3 * x, palette_[in[x]].data(), 3);
        break;
      default: convert_gray(in, rgb);
    }
  }

  // One byte a pixel, or two: gray and alpha, or the halves of a 16-bit gray that Pillow cuts at 255.
  void convert_gray(const std::uint8_t* in, std::uint8_t* rgb) const {
    const std::size_t step = wide_gray_ || color_ == PNG_COLOR_TYPE_GRAY_ALPHA ? 2 : 1;
    for (int x = 0; x < image_.width; ++x, in += step, rgb += 3) {
      const std::uint8_t gray = !wide_gray_ ? in[0] : in[0] != 0 ? 255 : in[1];
      std::memset(rgb, gray, 3);
    }
  }

  std::span<const std::byte> bytes_;
  const std::string& origin_;
  std::size_t position_ = 0;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf back_;
  std::array<char, 256> message_{};
  Alpha alpha_ = Alpha::drop;
  int color_ = 0, passes_ = 1;
  bool wide_gray_ = false;
  std::size_t stride_ = 0;
  std::array<std::array<std::uint8_t, 3>, 256> palette_{};
  std::vector<std::uint8_t> rows_;
  Rgb8 image_;
};

}  // namespace

ImageSize probe_png(std::span<const std::byte> bytes, const std::string& origin) {
  return PngReader(bytes, origin).read_header();
}

Rgb8 decode_png(std::span<const std::byte> bytes, const std::string& origin, Alpha alpha) {
  PngReader reader(bytes, origin);
  reader.read_header();
  return reader.read_pixels(alpha);
}

std::string png_version() { return std::string("libpng ") + png_get_libpng_ver(nullptr); }

}  // namespace halftone
