#include "halftone/media/exif.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace halftone {
namespace {

constexpr std::uint32_t kOrientationTag = 0x0112;

// Numbers of a TIFF structure in its own byte order; reading past the end gives 0.
class TiffBytes {
 public:
  explicit TiffBytes(std::span<const std::byte> bytes) : bytes_(bytes) {
    little_ = bytes.size() >= 2 && bytes[0] == std::byte{'I'};
  }

  std::uint32_t number(std::size_t offset, std::size_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value = value << 8 | std::to_integer<std::uint32_t>(bytes_[offset + (little_ ? size - 1 - i : i)]);
    }
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
  bool little_;
};

bool begins_with(std::span<const std::byte> bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

// A directory entry is tag (2 bytes), type (2), count (4) and a value that fills its 4 bytes from the front.
std::uint32_t entry_value(const TiffBytes& tiff, std::size_t entry) {
  switch (tiff.number(entry + 2, 2)) {
    case 1: return tiff.number(entry + 8, 1);
    case 3: return tiff.number(entry + 8, 2);
    case 4: return tiff.number(entry + 8, 4);
    default: return 0;
  }
}

}  // namespace

int exif_orientation(std::span<const std::byte> exif) {
  constexpr std::string_view kPrefix{"Exif\0\0", 6};
  if (begins_with(exif, kPrefix)) exif = exif.subspan(kPrefix.size());
  const TiffBytes tiff(exif);
  if (!(begins_with(exif, "II") || begins_with(exif, "MM")) || tiff.number(2, 2) != 42) return 1;
  const std::size_t directory = tiff.number(4, 4);
  const std::size_t entries = tiff.number(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    if (tiff.number(entry, 2) != kOrientationTag) continue;
    const std::uint32_t value = entry_value(tiff, entry);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Rgb8 turn_upright(Rgb8 image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  const bool swaps = orientation >= 5;
  // In the stored picture: does moving right (down) in the upright one run backwards?
  const bool right_backwards = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  const bool down_backwards = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  const int width = swaps ? image.height : image.width;
  const int height = swaps ? image.width : image.height;
  Rgb8 upright = black_image(width, height);
  for (int y = 0; y < height; ++y) {
    const int b = down_backwards ? height - 1 - y : y;
    std::uint8_t* out = upright.row(y);
    for (int x = 0; x < width; ++x, out += 3) {
      const int a = right_backwards ? width - 1 - x : x;
      std::memcpy(out, image.row(swaps ? a : b) + 3 * (swaps ? b : a), 3);
    }
  }
  return upright;
}

}  // namespace halftone
