// The door to libjpeg-turbo. Accurate integer inverse DCT and fancy chroma upsampling: the settings of Pillow.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "halftone/media/image.h"

namespace halftone {

// `bytes` begin with a JPEG's first bytes. Errors as in decode.h; sizes are not limited here.
ImageSize probe_jpeg(std::span<const std::byte> bytes, const std::string& origin);
Rgb8 decode_jpeg(std::span<const std::byte> bytes, const std::string& origin);
std::string jpeg_version();

}  // namespace halftone
