// Reads the pictures and arrays of tests/goldens/images.
#pragma once

#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "halftone/base/json.h"
#include "halftone/io/file.h"
#include "halftone/media/decode.h"

namespace halftone::testing {

inline std::string golden_file(const std::string& name) {
  return read_file(posix_files(), std::string(HALFTONE_GOLDENS "/images/") + name);
}

inline Json golden_json(const std::string& name) { return parse_json(golden_file(name), name); }

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

template <class T>
std::string_view text_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// The pictures of all kinds, without the large one.
inline const std::vector<std::string>& golden_pictures() {
  static const std::vector<std::string> names{"jpeg-baseline-420.jpg",
                                              "jpeg-baseline-422-odd.jpg",
                                              "jpeg-baseline-444.jpg",
                                              "jpeg-cmyk.jpg",
                                              "jpeg-exif-orientation-3.jpg",
                                              "jpeg-exif-orientation-6.jpg",
                                              "jpeg-cmyk-black.jpg",
                                              "jpeg-gray.jpg",
                                              "jpeg-optimized-restart.jpg",
                                              "jpeg-progressive.jpg",
                                              "jpeg-tiny-420-odd.jpg",
                                              "png-1bit.png",
                                              "png-gray-alpha.png",
                                              "png-gray.png",
                                              "png-gray16.png",
                                              "png-palette-alpha.png",
                                              "png-palette.png",
                                              "png-rgb16.png",
                                              "png-rgba.png",
                                              "scene-112.png",
                                              "scene-84x140.png",
                                              "tall-61x333.png",
                                              "webp-lossless.webp",
                                              "webp-lossy.webp"};
  return names;
}

inline Rgb8 decode_golden(const std::string& name, const DecodeOptions& options = {}) {
  const std::string file = golden_file(name);
  return decode_image(bytes_of(file), name, options);
}

// The elements of a version 1 .npy file in C order.
template <class T>
std::vector<T> golden_array(const std::string& name) {
  const std::string file = golden_file(name);
  const std::size_t header =
      10 + static_cast<unsigned char>(file[8]) + 256u * static_cast<unsigned char>(file[9]);
  std::vector<T> values((file.size() - header) / sizeof(T));
  std::memcpy(values.data(), file.data() + header, values.size() * sizeof(T));
  return values;
}

// Value at column x, row y, channel c: (37 x + 91 y + 13 x y + 50 c) mod 256.
inline Rgb8 pattern(int width, int height) {
  Rgb8 image = black_image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c)
        image.row(y)[3 * x + c] = static_cast<std::uint8_t>(37 * x + 91 * y + 13 * x * y + 50 * c);
    }
  }
  return image;
}

}  // namespace halftone::testing
