// Pillow's Image.resize, bit for bit.
//
// Separable convolution in fixed point with a support that widens when shrinking (so it is antialiased): one
// pass along rows and one along columns, rounded to 8 bits in between. The pass along rows comes first, except
// where the height loses more than twice the pixels that the width loses: the rule of Pillow 13.0. Pillow up to
// 12.1 always begins with rows (12.2 and 12.3 but for pictures over 100 times as high as wide); where the order
// differs, results differ by a level here and there. Reference: Pillow, src/libImaging/Resample.c, Geometry.c.
//
// One thread. 4000 x 3000 to 1230 x 840 bicubic takes about 40 ms with AVX2 and 60 ms without; Pillow takes
// 110.
#pragma once

#include <optional>
#include <string>

#include "halftone/media/image.h"

namespace halftone {

// The numbers are Pillow's, as "resample" in preprocessor_config.json holds them.
enum class Resample { nearest = 0, lanczos = 1, bilinear = 2, bicubic = 3, box = 4, hamming = 5 };

std::string resample_name(Resample filter);

// A part of the source in source pixels, fractions allowed: 0 <= left < right <= width, likewise top and
// bottom.
struct Box {
  float left = 0, top = 0, right = 0, bottom = 0;
};

// The part of the result that is wanted, in result pixels.
struct Window {
  int x = 0, y = 0, width = 0, height = 0;
};

// `picture` (or its part `box`) scaled to width x height. All sides must be at least 1 and box inside the
// picture: anything else is an internal error.
Rgb8 resize(const Rgb8& picture, int width, int height, Resample filter, const std::optional<Box>& box = {});

// The same bytes as resize(picture, width, height, filter) cropped to `window`, at the cost of the window
// alone.
Rgb8 resize_window(const Rgb8& picture, int width, int height, Resample filter, const Window& window);

}  // namespace halftone
