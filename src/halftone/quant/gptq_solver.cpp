#include "halftone/quant/gptq_solver.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "halftone/base/error.h"
#include "halftone/tensor/linalg.h"
#include "halftone/tensor/simd.h"

namespace halftone {
namespace {

constexpr std::int64_t kLanes = 32;  // rows that one tile carries side by side

// One block of columns: what the tile loop needs, as plain pointers.
struct BlockView {
  std::int64_t begin, width;  // columns [begin, begin + width)
  std::int64_t columns;       // of the whole weight
  const float* unit;          // [width, width]: U of the block, row k, column j > k
  float* weight;              // [rows, columns]: in: W; out: W - What
  const float* feedback;      // [rows, width]: errors of earlier blocks, or null
  std::int8_t* codes;         // [rows, columns]
  float* scale;               // [rows, groups]
  std::int8_t* zero;          // [rows, groups] or null
  std::int64_t groups, per_group;
  const std::int64_t* group_of;  // [columns]: which group of its row a column belongs to
  bool choose_grids;
  GridRule rule;
};

// Adds error * U to every later column of the tile: tile[j] += error * unit_row[j], j in (k, width).
HALFTONE_SIMD_CLONES
void feed_forward(float* tile, const float* error, const float* unit_row, std::int64_t k, std::int64_t width) {
  for (std::int64_t j = k + 1; j < width; ++j) {
    const float factor = unit_row[j];
    float* column = tile + j * kLanes;
#pragma omp simd
    for (std::int64_t lane = 0; lane < kLanes; ++lane) column[lane] += factor * error[lane];
  }
}

// Rounds one column of a tile on each row's grid.
HALFTONE_SIMD_CLONES
void round_column(const float* values, const float* scale, const float* zero, float code_min, float code_max,
                  float* codes, float* rounded) {
#pragma omp simd
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    const float code = std::nearbyintf(values[lane] / scale[lane] + zero[lane]);
    codes[lane] = std::min(std::max(code, code_min), code_max);
    rounded[lane] = (codes[lane] - zero[lane]) * scale[lane];
  }
}

// A tile of up to kLanes rows, column-major, so that each step works on all rows at once.
class Tile {
 public:
  Tile(const BlockView& block, std::int64_t first, std::int64_t rows)
      : b_(block), first_(first), rows_(rows), values_(static_cast<size_t>(block.width * kLanes)) {}

  // Returns sum_k |what_k - What_k|^2 weighted by pivots[k]^2.
  double run(const float* pivots) {
    load();
    double loss = 0;
    for (std::int64_t k = 0; k < b_.width; ++k) {
      const std::int64_t column = b_.begin + k;
      if (k == 0 || b_.group_of[column] != b_.group_of[column - 1]) open_group(column);
      float* values = values_.data() + k * kLanes;
      round_column(values, scale_, zero_, b_.rule.code_min, b_.rule.code_max, codes_, rounded_);
      float residual = 0;
      for (std::int64_t lane = 0; lane < rows_; ++lane) {
        const std::int64_t at = (first_ + lane) * b_.columns + column;
        const float left = values[lane] - rounded_[lane];
        residual += left * left;
        error_[lane] = b_.weight[at] -= rounded_[lane];
        b_.codes[at] = static_cast<std::int8_t>(codes_[lane]);
      }
      loss += static_cast<double>(residual) * pivots[k] * pivots[k];
      feed_forward(values_.data(), error_, b_.unit + k * b_.width, k, b_.width);
    }
    return loss;
  }

 private:
  void load() {
    for (std::int64_t lane = 0; lane < rows_; ++lane) {
      const float* weight = b_.weight + (first_ + lane) * b_.columns + b_.begin;
      const float* feedback = b_.feedback ? b_.feedback + (first_ + lane) * b_.width : nullptr;
      for (std::int64_t k = 0; k < b_.width; ++k) {
        values_[static_cast<size_t>(k * kLanes + lane)] = weight[k] + (feedback ? feedback[k] : 0.0F);
      }
    }
  }

  void open_group(std::int64_t column) {
    const std::int64_t group = b_.group_of[column];
    if (b_.choose_grids) choose(column, group);
    for (std::int64_t lane = 0; lane < rows_; ++lane) {
      const std::int64_t at = (first_ + lane) * b_.groups + group;
      scale_[lane] = b_.scale[at];
      zero_[lane] = b_.zero ? static_cast<float>(b_.zero[at]) : 0.0F;
    }
  }

  void choose(std::int64_t column, std::int64_t group) {
    const std::vector<float> ahead = feedback_ahead(column);
    std::vector<float> row(static_cast<size_t>(b_.per_group));
    for (std::int64_t lane = 0; lane < rows_; ++lane) {
      const float* weight = b_.weight + (first_ + lane) * b_.columns + column;
      for (std::int64_t i = 0; i < b_.per_group; ++i) {
        row[static_cast<size_t>(i)] = weight[i] + ahead[static_cast<size_t>(i * kLanes + lane)];
      }
      const Grid grid = choose_grid(row.data(), b_.per_group, b_.rule);
      const std::int64_t at = (first_ + lane) * b_.groups + group;
      b_.scale[at] = grid.scale;
      if (b_.zero) b_.zero[at] = static_cast<std::int8_t>(grid.zero);
    }
  }

  // F U^-1 [per_group, kLanes] for the group that begins at `column`, F what the tile holds beyond W.
  std::vector<float> feedback_ahead(std::int64_t column) {
    const std::int64_t start = column - b_.begin;
    std::vector<float> ahead(static_cast<size_t>(b_.per_group * kLanes));
    for (std::int64_t i = 0; i < b_.per_group; ++i) {
      for (std::int64_t lane = 0; lane < rows_; ++lane) {
        ahead[static_cast<size_t>(i * kLanes + lane)] =
            values_[static_cast<size_t>((start + i) * kLanes + lane)] -
            b_.weight[(first_ + lane) * b_.columns + column + i];
      }
    }
    for (std::int64_t i = 0; i < b_.per_group; ++i) {
      for (std::int64_t lane = 0; lane < kLanes; ++lane) {
        error_[lane] = -ahead[static_cast<size_t>(i * kLanes + lane)];
      }
      feed_forward(ahead.data(), error_, b_.unit + (start + i) * b_.width + start, i, b_.per_group);
    }
    return ahead;
  }

  const BlockView& b_;
  std::int64_t first_, rows_;
  std::vector<float> values_;
  // Lanes beyond rows_ hold harmless numbers.
  float scale_[kLanes] = {}, zero_[kLanes] = {}, codes_[kLanes] = {}, rounded_[kLanes] = {},
        error_[kLanes] = {};
};

double run_block(const BlockView& block, std::int64_t rows, const float* pivots) {
  const std::int64_t tiles = (rows + kLanes - 1) / kLanes;
  std::vector<double> losses(static_cast<size_t>(tiles));
  at::parallel_for(0, tiles, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t tile = begin; tile < end; ++tile) {
      const std::int64_t first = tile * kLanes;
      losses[static_cast<size_t>(tile)] = Tile(block, first, std::min(kLanes, rows - first)).run(pivots);
    }
  });
  double sum = 0;
  for (const double loss : losses) sum += loss;  // in order: the same for any number of threads
  return sum;
}

// One call of solve_ldlq.
struct Sweep {
  Tensor w;  // in: W, in visiting order; becomes W - What column by column
  const Tensor& factor;
  QuantizedTensor q;  // codes in visiting order
  std::vector<std::int64_t> group_of;
  const SolverOptions& options;
};

// One block of columns of the sweep.
struct Block {
  std::int64_t begin, width;
  Tensor unit;      // [width, width] U
  Tensor pivots;    // [width] diag(R)
  Tensor feedback;  // [rows, width] errors of earlier columns times U; undefined for the first block
};

Block open_block(const Sweep& sweep, std::int64_t begin) {
  const std::int64_t width = std::min(sweep.options.block, sweep.w.size(1) - begin);
  const Tensor right = sweep.factor.narrow(1, begin, width);
  Block block{begin, width, {}, sweep.factor.diagonal().narrow(0, begin, width).contiguous(), {}};
  block.unit = right.narrow(0, begin, width).div(block.pivots).contiguous();
  if (begin > 0)
    block.feedback = at::mm(sweep.w.narrow(1, 0, begin), right.narrow(0, 0, begin)).div_(block.pivots);
  return block;
}

BlockView view_of(Sweep& sweep, const Block& block) {
  QuantizedTensor& q = sweep.q;
  return {block.begin,
          block.width,
          sweep.w.size(1),
          block.unit.const_data_ptr<float>(),
          sweep.w.mutable_data_ptr<float>(),
          block.feedback.defined() ? block.feedback.const_data_ptr<float>() : nullptr,
          q.codes.mutable_data_ptr<std::int8_t>(),
          q.scale.mutable_data_ptr<float>(),
          q.zero.defined() ? q.zero.mutable_data_ptr<std::int8_t>() : nullptr,
          q.scale.size(1),
          q.scheme.columns_per_scale(sweep.w.size(1)),
          sweep.group_of.data(),
          !sweep.options.static_grids,
          grid_rule(q.scheme, sweep.options.clip)};
}

// Chooses the grids of the group whose columns are `values` [rows, per_group] and begin at column k of the
// block.
void open_group_aten(Sweep& sweep, const Block& block, std::int64_t k, const Tensor& values) {
  QuantizedTensor& q = sweep.q;
  const std::int64_t width = values.size(1), group = (block.begin + k) / width;
  const Tensor w = sweep.w.narrow(1, block.begin + k, width),
               unit = block.unit.narrow(0, k, width).narrow(1, k, width);
  const Tensor ahead = at::linalg_solve_triangular(unit, values - w, /*upper=*/true, /*left=*/false,
                                                   /*unitriangular=*/true);
  const GridTable grids = choose_grids(w + ahead, q.scheme, sweep.options.clip);
  q.scale.select(1, group).copy_(grids.scale.select(1, 0));
  if (q.zero.defined()) q.zero.select(1, group).copy_(grids.zero.select(1, 0));
}

// The same steps as ATen operations, for devices where our loops cannot run.
double run_block_aten(Sweep& sweep, const Block& block) {
  QuantizedTensor& q = sweep.q;
  const std::int64_t per_group = q.scheme.columns_per_scale(q.columns());
  Tensor values = sweep.w.narrow(1, block.begin, block.width).clone();
  if (block.feedback.defined()) values += block.feedback;
  Tensor loss = at::zeros({}, values.options().dtype(at::kDouble));
  for (std::int64_t k = 0; k < block.width; ++k) {
    const std::int64_t column = block.begin + k, group = sweep.group_of[static_cast<size_t>(column)];
    if (!sweep.options.static_grids && column % per_group == 0) {
      open_group_aten(sweep, block, k, values.narrow(1, k, per_group));
    }
    const Tensor scale = q.scale.select(1, group), value = values.select(1, k);
    const Tensor zero = q.zero.defined() ? q.zero.select(1, group).to(at::kFloat) : at::zeros_like(scale);
    const Tensor code = (value / scale + zero).round().clamp(q.scheme.code_min(), q.scheme.code_max());
    const Tensor rounded = (code - zero) * scale;
    q.codes.select(1, column).copy_(code);
    const Tensor error = sweep.w.select(1, column).sub_(rounded);
    loss += ((value - rounded) * block.pivots[k]).square().sum(at::kDouble);
    const std::int64_t rest = block.width - k - 1;
    if (rest > 0) values.narrow(1, k + 1, rest).addr_(error, block.unit[k].narrow(0, k + 1, rest));
  }
  return loss.item<double>();
}

QuantizedTensor empty_result(const Tensor& w, const WeightScheme& scheme, const GridTable& grids,
                             bool static_grids) {
  const std::int64_t rows = w.size(0), groups = w.size(1) / scheme.columns_per_scale(w.size(1));
  QuantizedTensor q{scheme, at::empty(w.sizes(), w.options().dtype(at::kChar)), grids.scale, grids.zero};
  if (static_grids) return q;
  q.scale = at::empty({rows, groups}, w.options());
  q.zero = scheme.symmetric ? Tensor() : at::empty({rows, groups}, w.options().dtype(at::kChar));
  return q;
}

std::vector<std::int64_t> as_vector(const Tensor& order) {
  const Tensor host = order.cpu().contiguous();
  const std::int64_t* first = host.const_data_ptr<std::int64_t>();
  return {first, first + host.numel()};
}

// The group of each column in the order in which columns are visited.
std::vector<std::int64_t> groups_of(std::int64_t columns, std::int64_t per_group, const Tensor& order) {
  std::vector<std::int64_t> groups(static_cast<size_t>(columns));
  const std::vector<std::int64_t> visited = order.defined() ? as_vector(order) : std::vector<std::int64_t>{};
  for (size_t k = 0; k < groups.size(); ++k) {
    groups[k] = (visited.empty() ? static_cast<std::int64_t>(k) : visited[k]) / per_group;
  }
  return groups;
}

// Follows each cycle of the permutation: row i of the result is row order[i] of h.
void permute_rows_(Tensor h, const std::vector<std::int64_t>& order) {
  std::vector<bool> done(order.size());
  for (size_t start = 0; start < order.size(); ++start) {
    if (done[start]) continue;
    const Tensor saved = h[static_cast<std::int64_t>(start)].clone();
    size_t at = start;
    while (true) {
      done[at] = true;
      const auto from = static_cast<size_t>(order[at]);
      if (from == start) break;
      h[static_cast<std::int64_t>(at)].copy_(h[static_cast<std::int64_t>(from)]);
      at = from;
    }
    h[static_cast<std::int64_t>(at)].copy_(saved);
  }
}

template <class T>
void gather_columns(T* values, std::int64_t rows, const std::vector<std::int64_t>& order) {
  const auto columns = static_cast<std::int64_t>(order.size());
  at::parallel_for(0, rows, 16, [&](std::int64_t begin, std::int64_t end) {
    std::vector<T> row(order.size());
    for (std::int64_t i = begin; i < end; ++i) {
      T* place = values + i * columns;
      std::copy(place, place + columns, row.begin());
      for (size_t j = 0; j < order.size(); ++j) place[j] = row[static_cast<size_t>(order[j])];
    }
  });
}

// Column j of the result is column order[j] of m [rows, columns], float32 or int8, contiguous; row by row in
// place: index_select along the last axis is ten times slower.
void permute_columns_(Tensor m, const std::vector<std::int64_t>& order) {
  if (!m.is_cpu()) {
    m.copy_(m.index_select(1, at::tensor(order, at::kLong).to(m.device())));
  } else if (m.scalar_type() == at::kFloat) {
    gather_columns(m.mutable_data_ptr<float>(), m.size(0), order);
  } else {
    HALFTONE_ASSERT(m.scalar_type() == at::kChar);
    gather_columns(m.mutable_data_ptr<std::int8_t>(), m.size(0), order);
  }
}

}  // namespace

SolverResult solve_ldlq(Tensor w, const Tensor& factor, const WeightScheme& scheme,
                        const GridTable& static_grids, const SolverOptions& options) {
  const std::int64_t columns = w.size(1), per_group = scheme.columns_per_scale(columns);
  HALFTONE_ASSERT(w.is_contiguous() && w.scalar_type() == at::kFloat && factor.size(0) == columns);
  HALFTONE_ASSERT(options.static_grids || (options.block % per_group == 0 && !options.order.defined()));
  Sweep sweep{w, factor, empty_result(w, scheme, static_grids, options.static_grids),
              groups_of(columns, per_group, options.order), options};
  if (options.order.defined()) permute_columns_(w, as_vector(options.order));
  double loss = 0;
  for (std::int64_t begin = 0; begin < columns; begin += options.block) {
    const Block block = open_block(sweep, begin);
    loss += w.is_cpu() ? run_block(view_of(sweep, block), w.size(0), block.pivots.const_data_ptr<float>())
                       : run_block_aten(sweep, block);
  }
  QuantizedTensor& q = sweep.q;
  if (options.order.defined()) permute_columns_(q.codes, as_vector(at::argsort(options.order)));
  return {std::move(q), loss};
}

void permute_symmetric_(Tensor h, const Tensor& order) {
  mirror_lower_(h);
  const std::vector<std::int64_t> columns = as_vector(order);
  permute_rows_(h, columns);
  permute_columns_(h, columns);
}

}  // namespace halftone
