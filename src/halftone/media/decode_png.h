// The door to libpng. Its default limits on sizes and chunks stay as they are.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "halftone/media/alpha.h"
#include "halftone/media/image.h"

namespace halftone {

// `bytes` begin with a PNG's signature. Errors as in decode.h; the number of pixels is not limited here. Gray
// of 16 bits is cut at 255 and color of 16 bits keeps its high byte, as in Pillow.
ImageSize probe_png(std::span<const std::byte> bytes, const std::string& origin);
Rgb8 decode_png(std::span<const std::byte> bytes, const std::string& origin, Alpha alpha);
std::string png_version();

}  // namespace halftone
