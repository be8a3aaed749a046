#include "halftone/media/pixel_norm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "halftone/base/error.h"

namespace halftone {
namespace {

void require_true(const Json& config, const char* key, const std::string& origin) {
  require(get_bool_or(config, key, true, origin), ErrorKind::unsupported,
          "{}: \"{}\" is false; halftone does this step always", origin, key);
}

std::array<double, 3> read_channels(const Json& config, const char* key, const std::string& origin,
                                    const std::optional<std::array<double, 3>>& fallback) {
  require(has(config, key) || fallback, ErrorKind::input, "{}: \"{}\" is missing", origin, key);
  if (!has(config, key)) return *fallback;
  const std::vector<double> values = get_doubles_or(config, key, {}, origin);
  require(values.size() == 3 &&
              std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); }),
          ErrorKind::input, "{}: \"{}\" must be three finite numbers, one for each of red, green and blue",
          origin, key);
  return {values[0], values[1], values[2]};
}

// The float must not vanish either: it divides.
bool is_positive(double value) { return std::isfinite(value) && static_cast<float>(value) > 0; }

}  // namespace

PixelNorm read_pixel_norm(const Json& config, const std::string& origin,
                          const std::optional<PixelNorm>& fallback) {
  require_true(config, "do_resize", origin);
  require_true(config, "do_convert_rgb", origin);
  PixelNorm norm;
  if (get_bool_or(config, "do_normalize", true, origin)) {
    const auto of_fallback = [&](std::array<double, 3> PixelNorm::*member) {
      return fallback ? std::optional((*fallback).*member) : std::nullopt;
    };
    norm.mean = read_channels(config, "image_mean", origin, of_fallback(&PixelNorm::mean));
    norm.std = read_channels(config, "image_std", origin, of_fallback(&PixelNorm::std));
  }
  norm.rescale = get_double_or(config, "rescale_factor", norm.rescale, origin);
  if (!get_bool_or(config, "do_rescale", true, origin)) norm.rescale = 1;
  require(std::all_of(norm.std.begin(), norm.std.end(), is_positive), ErrorKind::input,
          "{}: \"image_std\" has {}, {}, {}; each must be above 0", origin, norm.std[0], norm.std[1],
          norm.std[2]);
  require(is_positive(norm.rescale), ErrorKind::input, "{}: \"rescale_factor\" is {}, must be above 0", origin,
          norm.rescale);
  return norm;
}

Resample read_resample(const Json& config, Resample fallback, const std::string& origin) {
  const std::int64_t number = get_int_or(config, "resample", static_cast<int>(fallback), origin);
  require(number >= 0 && number <= 5, ErrorKind::input, "{}: \"resample\" is {}, filters are numbered 0 to 5",
          origin, number);
  return static_cast<Resample>(number);
}

NormTable norm_table(const PixelNorm& norm) {
  NormTable table;
  for (std::size_t c = 0; c < 3; ++c) {
    const auto mean = static_cast<float>(norm.mean[c]), deviation = static_cast<float>(norm.std[c]);
    for (int value = 0; value < 256; ++value) {
      table[c][value] = (static_cast<float>(value * norm.rescale) - mean) / deviation;
    }
  }
  return table;
}

}  // namespace halftone
