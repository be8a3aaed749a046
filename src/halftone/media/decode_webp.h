// The door to libwebp. Still pictures only.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "halftone/media/alpha.h"
#include "halftone/media/image.h"

namespace halftone {

// `bytes` begin with a WebP's RIFF header. Errors as in decode.h; the number of pixels is not limited here (the
// format ends at 16383 x 16383).
ImageSize probe_webp(std::span<const std::byte> bytes, const std::string& origin);
Rgb8 decode_webp(std::span<const std::byte> bytes, const std::string& origin, Alpha alpha);
std::string webp_version();

}  // namespace halftone
