// A decoded picture, and what the header of an encoded one says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace halftone {

// 8 bits a channel, rows from top to bottom, pixels from left to right, red green blue: 3 * width * height
// bytes.
struct Rgb8 {
  int width = 0, height = 0;
  std::vector<std::uint8_t> data;

  const std::uint8_t* row(int y) const { return data.data() + stride() * static_cast<std::size_t>(y); }
  std::uint8_t* row(int y) { return data.data() + stride() * static_cast<std::size_t>(y); }
  std::size_t stride() const { return std::size_t{3} * static_cast<std::size_t>(width); }
  bool operator==(const Rgb8&) const = default;
};

// A black picture. width and height must not be negative.
inline Rgb8 black_image(int width, int height) {
  Rgb8 image{width, height, {}};
  image.data.resize(image.stride() * static_cast<std::size_t>(height));
  return image;
}

enum class ImageKind { jpeg, png, webp };

struct ImageSize {
  ImageKind kind = ImageKind::jpeg;
  int width = 0, height = 0;  // as stored, at least 1
  int orientation = 1;        // of EXIF, 1 to 8; 1 where there is none

  // The size after the picture is turned upright: orientations 5 to 8 swap the sides.
  ImageSize upright() const {
    return orientation >= 5 ? ImageSize{kind, height, width, 1} : ImageSize{kind, width, height, 1};
  }
  bool operator==(const ImageSize&) const = default;
};

}  // namespace halftone
