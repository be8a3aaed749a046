#include "halftone/media/resize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>
#include <vector>

#include "halftone/base/error.h"

// The arithmetic is on integers and the results the same on every machine; AVX2 multiplies eight at a time
// where plain x86-64 must put each 32-bit product together from halves.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define HALFTONE_VECTOR_CLONES __attribute__((target_clones("default", "avx2")))
#else
#define HALFTONE_VECTOR_CLONES
#endif

namespace halftone {
namespace {

constexpr int kPrecision = 22;  // fractional bits of a weight: 32 less 8 of the pixel less 2 against overflow
constexpr int kStrip = 16;      // rows that the horizontal pass does at once
constexpr int kLanes = 3 * kStrip;

// ---- filters ----

double sinc(double x) {
  if (x == 0) return 1;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double box_at(double x) { return x > -0.5 && x <= 0.5 ? 1 : 0; }

double bilinear_at(double x) { return std::max(0.0, 1 - std::abs(x)); }

double hamming_at(double x) {
  x = std::abs(x);
  return x >= 1 ? 0 : sinc(x) * (0.54f + 0.46f * std::cos(x * std::numbers::pi));
}

double bicubic_at(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

double lanczos_at(double x) { return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0; }

struct Filter {
  const char* name;
  double support;
  double (*at)(double);
};

// By the numbers of Resample. Nearest is no convolution.
constexpr std::array<Filter, 6> kFilters{{{"nearest", 0, nullptr},
                                          {"lanczos", 3, lanczos_at},
                                          {"bilinear", 1, bilinear_at},
                                          {"bicubic", 2, bicubic_at},
                                          {"box", 0.5, box_at},
                                          {"hamming", 1, hamming_at}}};

const Filter& filter_of(Resample filter) { return kFilters.at(static_cast<std::size_t>(filter)); }

// ---- one axis ----

// What one axis asks for: `size` pixels of source, of which [from, to) become `out` pixels, of which `count`
// from `first` are wanted.
struct Axis {
  int size;
  float from, to;
  int out, first, count;

  double scale() const { return static_cast<double>(to - from) / out; }
  bool is_copy() const { return out == size && from == 0 && to == static_cast<float>(size); }
};

// Output pixel i is the sum of the source pixels begin[i] ... with weights[i * most] ..., count[i] of them.
struct Weights {
  std::vector<int> begin, count;
  std::vector<std::int32_t> values;
  std::size_t most = 0;

  const std::int32_t* of(int i) const { return values.data() + most * static_cast<std::size_t>(i); }
};

std::int32_t fixed_point(double weight) {
  return static_cast<std::int32_t>(weight * (1 << kPrecision) + (weight < 0 ? -0.5 : 0.5));
}

Weights weights_of(const Axis& axis, const Filter& filter) {
  const double widen = std::max(axis.scale(), 1.0), shrink = 1 / widen;
  const double support = filter.support * widen;
  Weights weights;
  weights.most = static_cast<std::size_t>(std::ceil(support)) * 2 + 1;
  weights.values.resize(weights.most * static_cast<std::size_t>(axis.count));
  std::vector<double> exact(weights.most);
  for (int i = 0; i < axis.count; ++i) {
    const double center = axis.from + (axis.first + i + 0.5) * axis.scale();
    const int begin = std::max(0, static_cast<int>(center - support + 0.5));
    const int count = std::min(axis.size, static_cast<int>(center + support + 0.5)) - begin;
    double sum = 0;
    for (int j = 0; j < count; ++j) sum += exact[j] = filter.at((j + begin - center + 0.5) * shrink);
    std::int32_t* values = weights.values.data() + weights.most * static_cast<std::size_t>(i);
    for (int j = 0; j < count; ++j) values[j] = fixed_point(sum != 0 ? exact[j] / sum : exact[j]);
    weights.begin.push_back(begin);
    weights.count.push_back(count);
  }
  return weights;
}

// ---- the inner loop of both passes ----

// out[lane] = round(sum over j of weights[j] * in[j * stride + lane]), kLanes lanes, rounded half up and
// clamped.
inline void weighted_sum(const std::uint8_t* in, std::size_t stride, const std::int32_t* weights, int count,
                         std::uint8_t* out) {
  std::int32_t sums[kLanes];
  for (std::int32_t& sum : sums) sum = 1 << (kPrecision - 1);
  for (int j = 0; j < count; ++j, in += stride) {
    const std::int32_t weight = weights[j];
    for (int lane = 0; lane < kLanes; ++lane) sums[lane] += in[lane] * weight;
  }
  for (int lane = 0; lane < kLanes; ++lane) {
    out[lane] = static_cast<std::uint8_t>(std::clamp(sums[lane] >> kPrecision, 0, 255));
  }
}

// ---- along rows ----

using Bytes16 = std::uint8_t __attribute__((vector_size(kStrip)));

// Interleaving row i with row i + 8, four times over, turns 16 rows of 16 bytes into their 16 columns.
void transpose(Bytes16 (&rows)[kStrip]) {
  for (int round = 0; round < 4; ++round) {
    Bytes16 next[kStrip];
    for (int i = 0; i < kStrip / 2; ++i) {
      const Bytes16 a = rows[i], b = rows[i + kStrip / 2];
      next[2 * i] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      next[2 * i + 1] =
          __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    std::copy(std::begin(next), std::end(next), std::begin(rows));
  }
}

// A strip holds 16 rows side by side: byte b of row r is at 16 * b + r, so that the pass along rows runs over
// neighbors in memory. Rows are padded to a multiple of 16 bytes.
struct Strip {
  explicit Strip(int pixels) : bytes((std::size_t{3} * pixels + 15) / 16 * 16 * kStrip) {}
  std::vector<std::uint8_t> bytes;
};

void load_strip(const std::uint8_t* rows, std::size_t stride, int count, Strip& strip) {
  for (std::size_t b = 0; b < stride; b += 16) {
    Bytes16 block[kStrip]{};
    const std::size_t bytes = std::min<std::size_t>(16, stride - b);
    for (int r = 0; r < count; ++r) std::memcpy(&block[r], rows + r * stride + b, bytes);
    transpose(block);
    std::memcpy(strip.bytes.data() + b * kStrip, block, sizeof block);
  }
}

void store_strip(const Strip& strip, std::size_t stride, int count, std::uint8_t* rows) {
  for (std::size_t b = 0; b < stride; b += 16) {
    Bytes16 block[kStrip];
    std::memcpy(block, strip.bytes.data() + b * kStrip, sizeof block);
    transpose(block);
    const std::size_t bytes = std::min<std::size_t>(16, stride - b);
    for (int r = 0; r < count; ++r) std::memcpy(rows + r * stride + b, &block[r], bytes);
  }
}

HALFTONE_VECTOR_CLONES
void along_rows(const Strip& in, const Weights& weights, Strip& out) {
  const int count = static_cast<int>(weights.begin.size());
  for (int i = 0; i < count; ++i) {
    weighted_sum(in.bytes.data() + static_cast<std::size_t>(weights.begin[i]) * kLanes, kLanes, weights.of(i),
                 weights.count[i], out.bytes.data() + static_cast<std::size_t>(i) * kLanes);
  }
}

// Rows [first, first + count) of `in`, scaled along x.
Rgb8 scale_rows(const Rgb8& in, const Axis& axis, const Filter& filter, int first, int count) {
  Rgb8 out = black_image(axis.count, count);
  const Weights weights = weights_of(axis, filter);
  Strip source(in.width), target(axis.count);
  for (int y = 0; y < count; y += kStrip) {
    const int rows = std::min(kStrip, count - y);
    load_strip(in.row(first + y), in.stride(), rows, source);
    along_rows(source, weights, target);
    store_strip(target, out.stride(), rows, out.row(y));
  }
  return out;
}

Rgb8 copy_columns(const Rgb8& in, int x, int width, int first, int count) {
  Rgb8 out = black_image(width, count);
  for (int y = 0; y < count; ++y) std::memcpy(out.row(y), in.row(first + y) + 3 * x, out.stride());
  return out;
}

// ---- along columns ----

HALFTONE_VECTOR_CLONES
void along_columns(const std::uint8_t* in, std::size_t stride, const std::int32_t* weights, int count,
                   std::uint8_t* out) {
  std::size_t b = 0;
  for (; b + kLanes <= stride; b += kLanes) weighted_sum(in + b, stride, weights, count, out + b);
  for (; b < stride; ++b) {
    std::int32_t sum = 1 << (kPrecision - 1);
    for (int j = 0; j < count; ++j) sum += in[j * stride + b] * weights[j];
    out[b] = static_cast<std::uint8_t>(std::clamp(sum >> kPrecision, 0, 255));
  }
}

// `in` holds the rows of the source from `first` on.
Rgb8 scale_columns(const Rgb8& in, const Weights& weights, int first) {
  Rgb8 out = black_image(in.width, static_cast<int>(weights.begin.size()));
  for (int y = 0; y < out.height; ++y) {
    along_columns(in.row(weights.begin[y] - first), in.stride(), weights.of(y), weights.count[y], out.row(y));
  }
  return out;
}

// ---- both ----

// The rule looks at the whole picture even where a box is given. Each pass rounds, so the order shows.
bool columns_first(const Axis& x, const Axis& y) {
  return y.size > y.out && y.size - y.out > 2 * (std::int64_t{x.size} - x.out);
}

Rgb8 convolve(const Rgb8& in, const Axis& x, const Axis& y, const Filter& filter) {
  const Weights columns = y.is_copy() ? Weights{} : weights_of(y, filter);
  if (columns_first(x, y)) {
    const Rgb8 low = scale_columns(in, columns, 0);
    return x.is_copy() ? copy_columns(low, x.first, x.count, 0, low.height)
                       : scale_rows(low, x, filter, 0, low.height);
  }
  const int first = y.is_copy() ? y.first : columns.begin.front();
  const int rows = y.is_copy() ? y.count : columns.begin.back() + columns.count.back() - first;
  Rgb8 narrow =
      x.is_copy() ? copy_columns(in, x.first, x.count, first, rows) : scale_rows(in, x, filter, first, rows);
  return y.is_copy() ? narrow : scale_columns(narrow, columns, first);
}

// The source pixel under each output pixel. Pillow adds up the step, rounding errors included.
std::vector<int> nearest_pixels(const Axis& axis) {
  std::vector<int> pixels;
  double at = axis.from + axis.scale() * 0.5;
  for (int i = 0; i < axis.first + axis.count; ++i, at += axis.scale()) {
    if (i >= axis.first) pixels.push_back(std::min(static_cast<int>(at), axis.size - 1));
  }
  return pixels;
}

Rgb8 pick_nearest(const Rgb8& in, const Axis& x, const Axis& y) {
  const std::vector<int> columns = nearest_pixels(x), rows = nearest_pixels(y);
  Rgb8 out = black_image(x.count, y.count);
  for (int r = 0; r < y.count; ++r) {
    for (int c = 0; c < x.count; ++c) std::memcpy(out.row(r) + 3 * c, in.row(rows[r]) + 3 * columns[c], 3);
  }
  return out;
}

Rgb8 resize_axes(const Rgb8& in, const Axis& x, const Axis& y, Resample filter) {
  HALFTONE_ASSERT(in.width > 0 && in.height > 0 && in.data.size() == in.stride() * in.height);
  HALFTONE_ASSERT(x.count > 0 && x.first >= 0 && x.count <= x.out - x.first);
  HALFTONE_ASSERT(y.count > 0 && y.first >= 0 && y.count <= y.out - y.first);
  HALFTONE_ASSERT(x.from >= 0 && x.from < x.to && x.to <= x.size && y.from >= 0 && y.from < y.to &&
                  y.to <= y.size);
  return filter == Resample::nearest ? pick_nearest(in, x, y) : convolve(in, x, y, filter_of(filter));
}

}  // namespace

std::string resample_name(Resample filter) { return filter_of(filter).name; }

Rgb8 resize(const Rgb8& picture, int width, int height, Resample filter, const std::optional<Box>& box) {
  const auto right = static_cast<float>(picture.width), bottom = static_cast<float>(picture.height);
  const Box part = box.value_or(Box{0, 0, right, bottom});
  return resize_axes(picture, {picture.width, part.left, part.right, width, 0, width},
                     {picture.height, part.top, part.bottom, height, 0, height}, filter);
}

Rgb8 resize_window(const Rgb8& picture, int width, int height, Resample filter, const Window& window) {
  const auto right = static_cast<float>(picture.width), bottom = static_cast<float>(picture.height);
  return resize_axes(picture, {picture.width, 0, right, width, window.x, window.width},
                     {picture.height, 0, bottom, height, window.y, window.height}, filter);
}

}  // namespace halftone
