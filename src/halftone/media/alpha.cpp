#include "halftone/media/alpha.h"

namespace halftone {
namespace {

std::uint8_t over_white(unsigned value, unsigned alpha) {
  const unsigned sum = value * alpha + 255 * (255 - alpha) + 128;
  return static_cast<std::uint8_t>(((sum >> 8) + sum) >> 8);
}

}  // namespace

void rgba_to_rgb(const std::uint8_t* rgba, std::size_t pixels, Alpha alpha, std::uint8_t* rgb) {
  for (; pixels-- > 0; rgba += 4, rgb += 3) {
    const unsigned opaque = alpha == Alpha::white ? rgba[3] : 255;
    for (int c = 0; c < 3; ++c) rgb[c] = over_white(rgba[c], opaque);
  }
}

}  // namespace halftone
