#include "halftone/quant/quantized_tensor.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>

#include "halftone/base/error.h"

namespace halftone {
namespace {

constexpr double kE4m3Max = 448.0;

std::int64_t groups_in(const WeightScheme& scheme, std::int64_t columns) {
  return columns / scheme.columns_per_scale(columns);
}

// Row-major CPU view of a weight in any float type, one float32 row at a time.
class Rows {
 public:
  explicit Rows(const Tensor& w) : w_(w.cpu().contiguous()) {}
  std::int64_t rows() const { return w_.size(0); }
  std::int64_t columns() const { return w_.size(1); }
  // The row as float32: the weight's own memory when it is float32 already, else `buffer`.
  const float* row(std::int64_t index, std::vector<float>& buffer) const {
    const std::int64_t n = columns();
    if (w_.scalar_type() == at::kFloat) return w_.const_data_ptr<float>() + index * n;
    buffer.resize(static_cast<size_t>(n));
    if (w_.scalar_type() == at::kBFloat16) {
      widen(w_.const_data_ptr<at::BFloat16>() + index * n, buffer);
    } else if (w_.scalar_type() == at::kHalf) {
      widen(w_.const_data_ptr<at::Half>() + index * n, buffer);
    } else {
      const Tensor wide = w_[index].to(at::kFloat);
      std::copy_n(wide.const_data_ptr<float>(), n, buffer.data());
    }
    return buffer.data();
  }

 private:
  template <class T>
  static void widen(const T* values, std::vector<float>& out) {
    for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(values[i]);
  }
  Tensor w_;
};

GridTable empty_grids(const WeightScheme& scheme, std::int64_t rows, std::int64_t columns) {
  const std::int64_t groups = groups_in(scheme, columns);
  return {at::empty({rows, groups}, at::kFloat),
          scheme.symmetric ? Tensor() : at::empty({rows, groups}, at::kChar)};
}

void store_grid(GridTable& grids, std::int64_t row, std::int64_t group, Grid grid) {
  const std::int64_t at = row * grids.scale.size(1) + group;
  grids.scale.mutable_data_ptr<float>()[at] = grid.scale;
  if (grids.zero.defined())
    grids.zero.mutable_data_ptr<std::int8_t>()[at] = static_cast<std::int8_t>(grid.zero);
}

Grid load_grid(const GridTable& grids, std::int64_t row, std::int64_t group) {
  const std::int64_t at = row * grids.scale.size(1) + group;
  const float zero = grids.zero.defined() ? grids.zero.const_data_ptr<std::int8_t>()[at] : 0;
  return {grids.scale.const_data_ptr<float>()[at], zero};
}

// Runs body(row, values, buffer) over all rows in parallel.
template <class Body>
void for_rows(const Rows& rows, const Body& body) {
  at::parallel_for(0, rows.rows(), 8, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> buffer;
    for (std::int64_t row = begin; row < end; ++row) body(row, rows.row(row, buffer));
  });
}

// Tensor granularity: one grid for all values serves all rows.
void spread_tensor_grid(GridTable& grids, const Tensor& w, const GridRule& rule,
                        const std::optional<Tensor>& importance) {
  const Tensor wide = w.cpu().to(at::kFloat).contiguous();
  const Tensor weights = importance ? importance->expand_as(wide).contiguous() : Tensor();
  const Grid grid = choose_grid(wide.const_data_ptr<float>(), wide.numel(), rule,
                                weights.defined() ? weights.const_data_ptr<float>() : nullptr);
  for (std::int64_t row = 0; row < w.size(0); ++row) store_grid(grids, row, 0, grid);
}

// One scale a row, the same rounding and limits as integer scales.
Tensor floating_scale(const Tensor& peak, DType dtype) {
  Tensor scale = (peak / kE4m3Max).contiguous();
  float* values = scale.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < scale.numel(); ++i)
    values[i] = values[i] == 0 ? 1 : round_scale(values[i], dtype);
  return scale;
}

QuantizedTensor quantize_floating(const Tensor& w, const WeightScheme& scheme) {
  require(scheme.granularity != Granularity::group && scheme.bits == 8 && scheme.symmetric,
          ErrorKind::unsupported, "floating codes are 8 bits, symmetric, with one scale a row or a tensor");
  const Tensor wide = w.cpu().to(at::kFloat);
  Tensor peak = wide.abs().amax(1, /*keepdim=*/true);
  if (scheme.granularity == Granularity::tensor) peak = peak.amax(0, true).expand_as(peak);
  const Tensor scale = floating_scale(peak, scheme.scale_dtype);
  return {scheme, (wide / scale).clamp(-kE4m3Max, kE4m3Max).to(at::kFloat8_e4m3fn), scale, Tensor()};
}

}  // namespace

void check_groups(const WeightScheme& scheme, std::int64_t columns, const std::string& what) {
  require(scheme.granularity != Granularity::group || (scheme.group > 0 && columns % scheme.group == 0),
          ErrorKind::usage, "{}: groups of {} do not divide its {} input columns", what, scheme.group, columns);
}

GridTable choose_grids(const Tensor& w, const WeightScheme& scheme, const ClipSearch& clip,
                       const std::optional<Tensor>& importance) {
  const Rows rows(w);
  const GridRule rule = grid_rule(scheme, clip);
  GridTable grids = empty_grids(scheme, rows.rows(), rows.columns());
  if (scheme.granularity == Granularity::tensor) {
    spread_tensor_grid(grids, w, rule, importance);
    return grids;
  }
  const std::int64_t width = scheme.columns_per_scale(rows.columns());
  const float* weights = importance ? importance->const_data_ptr<float>() : nullptr;
  for_rows(rows, [&](std::int64_t row, const float* values) {
    for (std::int64_t group = 0; group < grids.scale.size(1); ++group) {
      const float* column_weights = weights ? weights + group * width : nullptr;
      store_grid(grids, row, group, choose_grid(values + group * width, width, rule, column_weights));
    }
  });
  return grids;
}

QuantizedTensor quantize_on(const Tensor& w, const WeightScheme& scheme, const GridTable& grids) {
  const Rows rows(w);
  const GridRule rule = grid_rule(scheme, {});
  const std::int64_t width = scheme.columns_per_scale(rows.columns());
  QuantizedTensor q{scheme, at::empty({rows.rows(), rows.columns()}, at::kChar), grids.scale, grids.zero};
  std::int8_t* codes = q.codes.mutable_data_ptr<std::int8_t>();
  for_rows(rows, [&](std::int64_t row, const float* values) {
    for (std::int64_t group = 0; group < grids.scale.size(1); ++group) {
      const std::int64_t at = group * width;
      encode_group(values + at, width, load_grid(grids, row, group), rule, codes + row * rows.columns() + at);
    }
  });
  return q;
}

QuantizedTensor quantize_nearest(const Tensor& w, const WeightScheme& scheme, const ClipSearch& clip) {
  if (scheme.kind == NumberKind::floating) return quantize_floating(w, scheme);
  if (scheme.granularity == Granularity::tensor) return quantize_on(w, scheme, choose_grids(w, scheme, clip));
  const Rows rows(w);
  const GridRule rule = grid_rule(scheme, clip);
  const std::int64_t width = scheme.columns_per_scale(rows.columns());
  GridTable grids = empty_grids(scheme, rows.rows(), rows.columns());
  Tensor codes = at::empty({rows.rows(), rows.columns()}, at::kChar);
  std::int8_t* out = codes.mutable_data_ptr<std::int8_t>();
  for_rows(rows, [&](std::int64_t row, const float* values) {
    for (std::int64_t group = 0; group < grids.scale.size(1); ++group) {
      const std::int64_t at = group * width;
      const Grid grid = choose_grid(values + at, width, rule);
      store_grid(grids, row, group, grid);
      encode_group(values + at, width, grid, rule, out + row * rows.columns() + at);
    }
  });
  return {scheme, std::move(codes), std::move(grids.scale), std::move(grids.zero)};
}

Tensor dequantize(const QuantizedTensor& q, at::ScalarType dtype) {
  const std::int64_t groups = q.scale.size(1);
  if (q.scheme.kind == NumberKind::floating || !q.codes.is_cpu()) {
    Tensor values = q.codes.to(at::kFloat).view({q.rows(), groups, -1});
    if (q.zero.defined()) values = values - q.zero.to(at::kFloat).unsqueeze(2);
    return (values * q.scale.unsqueeze(2)).view({q.rows(), q.columns()}).to(dtype);
  }
  const std::int64_t width = q.columns() / groups;
  const GridTable grids{q.scale, q.zero};
  const std::int8_t* codes = q.codes.const_data_ptr<std::int8_t>();
  Tensor values = at::empty({q.rows(), q.columns()}, at::kFloat);
  float* out = values.mutable_data_ptr<float>();
  at::parallel_for(0, q.rows(), 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      for (std::int64_t group = 0; group < groups; ++group) {
        const std::int64_t at = row * q.columns() + group * width;
        decode_group(codes + at, width, load_grid(grids, row, group), out + at);
      }
    }
  });
  return values.to(dtype);
}

QuantizedTensor rows_of(const QuantizedTensor& q, std::int64_t first, std::int64_t count) {
  return {q.scheme, q.codes.narrow(0, first, count), q.scale.narrow(0, first, count),
          q.zero.defined() ? q.zero.narrow(0, first, count) : Tensor()};
}

Tensor fake_quantize_tokens(const Tensor& x, const InputScheme& scheme) {
  const Tensor wide = x.to(at::kFloat);
  const Tensor peak = wide.abs().amax(-1, /*keepdim=*/true);
  if (scheme.kind == NumberKind::floating) {
    const Tensor scale = at::where(peak.eq(0), at::ones_like(peak), peak / kE4m3Max);
    return ((wide / scale).clamp(-kE4m3Max, kE4m3Max).to(at::kFloat8_e4m3fn).to(at::kFloat) * scale)
        .to(x.scalar_type());
  }
  const double top = (1 << (scheme.bits - 1)) - 1;
  const Tensor scale = at::where(peak.eq(0), at::ones_like(peak), peak / (top + 0.5));
  return ((wide / scale).round().clamp(-top - 1, top) * scale).to(x.scalar_type());
}

}  // namespace halftone
