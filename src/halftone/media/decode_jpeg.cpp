#include "halftone/media/decode_jpeg.h"

#include <csetjmp>
#include <cstdio>  // jpeglib.h needs FILE and size_t
#include <cstring>
#include <string_view>

#include <jpeglib.h>
// After jpeglib.h.
#include <jerror.h>

#include "halftone/base/error.h"
#include "halftone/media/exif.h"

#define HALFTONE_TEXT_OF(x) #x
#define HALFTONE_TEXT(x) HALFTONE_TEXT_OF(x)

namespace halftone {
namespace {

constexpr int kMaxScans = 500;

// Warnings that leave the pixels what they are. All others mean that some were lost.
bool is_harmless(int warning) {
  return warning == JWRN_EXTRANEOUS_DATA || warning == JWRN_ADOBE_XFORM || warning == JWRN_JFIF_MAJOR ||
         warning == JWRN_BOGUS_ICC || warning == JWRN_TOO_MUCH_DATA;
}

ErrorKind kind_of_error(int code) {
  switch (code) {
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_ARITH_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED: return ErrorKind::unsupported;
    case JERR_OUT_OF_MEMORY: return ErrorKind::resource;
    default: return ErrorKind::input;
  }
}

std::uint8_t scaled_255(unsigned a, unsigned b) {
  const unsigned product = a * b + 128;
  return static_cast<std::uint8_t>(((product >> 8) + product) >> 8);
}

// Pillow takes every CMYK JPEG as stored inverted, with or without Adobe's marker: `cmyk` holds 255 - ink.
void cmyk_to_rgb(const std::uint8_t* cmyk, int pixels, std::uint8_t* rgb) {
  for (; pixels-- > 0; cmyk += 4, rgb += 3) {
    const unsigned light = cmyk[3];
    for (int c = 0; c < 3; ++c) rgb[c] = static_cast<std::uint8_t>(light - scaled_255(255u - cmyk[c], light));
  }
}

// libjpeg reports errors by a callback that must not return; ours jumps back into guarded().
class JpegReader {
 public:
  JpegReader(std::span<const std::byte> bytes, const std::string& origin) : bytes_(bytes), origin_(origin) {
    jpeg_.err = jpeg_std_error(&errors_);
    errors_.error_exit = [](j_common_ptr jpeg) {
      jpeg->err->format_message(jpeg, of(jpeg).message_);
      of(jpeg).escape();
    };
    errors_.emit_message = [](j_common_ptr jpeg, int level) {
      if (level < 0 && !is_harmless(jpeg->err->msg_code)) jpeg->err->error_exit(jpeg);
    };
    jpeg_.client_data = this;
    progress_.progress_monitor = [](j_common_ptr jpeg) { of(jpeg).check_scans(); };
  }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&jpeg_); }

  ImageSize read_header() {
    guarded([](JpegReader& reader) {
      jpeg_decompress_struct& jpeg = reader.jpeg_;
      jpeg_create_decompress(&jpeg);
      jpeg.progress = &reader.progress_;
      jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(reader.bytes_.data()), reader.bytes_.size());
      jpeg_save_markers(&jpeg, JPEG_APP0 + 1, 0xFFFF);
      jpeg_read_header(&jpeg, TRUE);
    });
    const int channels = jpeg_.num_components;
    require(channels == 1 || channels == 3 || channels == 4, ErrorKind::unsupported,
            "{}: a JPEG of {} channels; expected gray, color or CMYK", origin_, channels);
    return {ImageKind::jpeg, static_cast<int>(jpeg_.image_width), static_cast<int>(jpeg_.image_height),
            orientation()};
  }

  // After read_header.
  Rgb8 read_pixels() {
    image_ = black_image(static_cast<int>(jpeg_.image_width), static_cast<int>(jpeg_.image_height));
    const bool cmyk = jpeg_.num_components == 4;
    if (cmyk) cmyk_row_.resize(std::size_t{4} * jpeg_.image_width);
    jpeg_.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
    jpeg_.dct_method = JDCT_ISLOW;
    jpeg_.do_fancy_upsampling = TRUE;
    guarded([](JpegReader& reader) {
      jpeg_start_decompress(&reader.jpeg_);
      while (reader.jpeg_.output_scanline < reader.jpeg_.output_height) reader.read_row();
      jpeg_finish_decompress(&reader.jpeg_);
    });
    return std::move(image_);
  }

 private:
  static JpegReader& of(j_common_ptr jpeg) { return *static_cast<JpegReader*>(jpeg->client_data); }

  [[noreturn]] void escape() { std::longjmp(back_, 1); }

  // Runs a step of the C library and throws what it reports. A longjmp skips destructors, so neither `step` nor
  // what it calls may hold an object that has one.
  void guarded(void (*step)(JpegReader&)) {
    if (setjmp(back_) == 0) {
      step(*this);
    } else {
      fail(kind_of_error(errors_.msg_code), "{}: not a sound JPEG ({})", origin_, message_);
    }
  }

  void check_scans() {
    if (jpeg_.input_scan_number <= kMaxScans) return;
    errors_.msg_code = 0;
    std::snprintf(message_, sizeof message_, "more than %d scans, a picture needs fewer than 100", kMaxScans);
    escape();
  }

  void read_row() {
    std::uint8_t* out = image_.row(static_cast<int>(jpeg_.output_scanline));
    JSAMPROW row = cmyk_row_.empty() ? out : cmyk_row_.data();
    jpeg_read_scanlines(&jpeg_, &row, 1);
    if (!cmyk_row_.empty()) cmyk_to_rgb(cmyk_row_.data(), image_.width, out);
  }

  int orientation() const {
    for (jpeg_saved_marker_ptr marker = jpeg_.marker_list; marker != nullptr; marker = marker->next) {
      if (marker->data_length > 6 && std::memcmp(marker->data, "Exif\0\0", 6) == 0) {
        return exif_orientation(std::as_bytes(std::span(marker->data, marker->data_length)));
      }
    }
    return 1;
  }

  std::span<const std::byte> bytes_;
  const std::string& origin_;
  jpeg_decompress_struct jpeg_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf back_;
  char message_[JMSG_LENGTH_MAX] = {};
  Rgb8 image_;
  std::vector<std::uint8_t> cmyk_row_;
};

}  // namespace

ImageSize probe_jpeg(std::span<const std::byte> bytes, const std::string& origin) {
  return JpegReader(bytes, origin).read_header();
}

Rgb8 decode_jpeg(std::span<const std::byte> bytes, const std::string& origin) {
  JpegReader reader(bytes, origin);
  reader.read_header();
  return reader.read_pixels();
}

std::string jpeg_version() { return "libjpeg-turbo " HALFTONE_TEXT(LIBJPEG_TURBO_VERSION); }

}  // namespace halftone
