// Which way a camera was held, and turning the picture upright.
#pragma once

#include <cstddef>
#include <span>

#include "halftone/media/image.h"

namespace halftone {

// The Orientation tag of EXIF data: a TIFF header and its first directory, with or without "Exif\0\0" before
// it. 1 when the tag is absent, out of range, or the data cannot be read: EXIF is advice, never a reason to
// refuse.
int exif_orientation(std::span<const std::byte> exif);

// The picture as Pillow's ImageOps.exif_transpose turns it. 1: unchanged, 2: mirrored, 3: by 180 degrees, 4:
// upside down, 5: transposed, 6: clockwise by 90 degrees, 7: transposed over the other diagonal, 8:
// counterclockwise.
Rgb8 turn_upright(Rgb8 image, int orientation);

}  // namespace halftone
