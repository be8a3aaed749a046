// What becomes of transparency.
#pragma once

#include <cstddef>
#include <cstdint>

namespace halftone {

enum class Alpha {
  drop,   // keep the color, forget how opaque it is: Pillow's convert("RGB")
  white,  // lay four-channel pictures on white; gray+alpha and palettes still drop it, as chat clients that do
          // this
};

// Turns `pixels` RGBA pixels into RGB. White: in * alpha + 255 * (1 - alpha), rounded as Pillow's paste rounds.
void rgba_to_rgb(const std::uint8_t* rgba, std::size_t pixels, Alpha alpha, std::uint8_t* rgb);

}  // namespace halftone
