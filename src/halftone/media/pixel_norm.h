// From 8-bit values to the floats a vision tower was trained on.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "halftone/base/json.h"
#include "halftone/media/resize.h"

namespace halftone {

// out = (value * rescale - mean) / std per channel, red green blue.
struct PixelNorm {
  std::array<double, 3> mean{0, 0, 0};
  std::array<double, 3> std{1, 1, 1};
  double rescale = 1.0 / 255;
  bool operator==(const PixelNorm&) const = default;
};

// Reads "image_mean", "image_std" and "rescale_factor" of a preprocessor_config.json. Absent mean or std come
// from `fallback`, or are Error(input) without one; an absent factor is 1/255. do_normalize false gives mean 0
// and std 1, do_rescale false the factor 1; do_resize or do_convert_rgb false is Error(unsupported). Throws
// Error(input) for numbers that are not finite or a std or factor that is not above 0.
PixelNorm read_pixel_norm(const Json& config, const std::string& origin,
                          const std::optional<PixelNorm>& fallback = {});

// Reads "resample" (0 to 5). Throws Error(input) for another number.
Resample read_resample(const Json& config, Resample fallback, const std::string& origin);

// The float of every channel and 8-bit value. The steps and their rounding are those of the reference
// processors: the product in double, rounded to float; mean and std rounded to float; difference and quotient
// in float.
using NormTable = std::array<std::array<float, 256>, 3>;
NormTable norm_table(const PixelNorm& norm);

}  // namespace halftone
