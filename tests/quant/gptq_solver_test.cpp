// The LDLQ sweep against the textbook form of GPTQ, which needs the inverse of the Hessian.
#include "halftone/quant/gptq_solver.h"

#include <cmath>

#include "tests/expect_error.h"
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/linalg_inv.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "halftone/quant/distortion.h"
#include "halftone/tensor/linalg.h"

namespace halftone {
namespace {

Tensor random(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  return at::randn({rows, columns}, at::detail::createCPUGenerator(seed), at::kDouble);
}

// Gram matrix of `tokens` correlated inputs, in double and damped, so that it has an inverse.
Tensor hessian(std::int64_t n, std::uint64_t seed, std::int64_t tokens = 200) {
  const Tensor mix = at::eye(n, at::kDouble) + random(n, n, seed).mul_(0.4);
  const Tensor x = at::mm(random(tokens, n, seed + 1), mix), h = at::mm(x.t(), x).div_(tokens);
  return h + at::eye(n, at::kDouble) * (0.01 * h.diagonal().mean());
}

Tensor factor_of(const Tensor& h) {
  Tensor factor = h.to(at::kFloat).contiguous();
  EXPECT_TRUE(reversed_cholesky_(factor));
  return factor;
}

double loss_of(const Tensor& w, const QuantizedTensor& q, const Tensor& h) {
  return gram_error(w.to(at::kDouble) - dequantize(q).to(at::kDouble), h);
}

struct Textbook {
  Tensor codes, scale, exact;  // [out, in], [out, groups], and what each code was rounded from
};

// Frantar's loop in double: with H^-1 = C^T C, C upper triangular, the error of column i over C_ii times row i
// of C is taken from the columns behind it. `order` comes before everything, groups stay those of the weight.
Textbook textbook(const Tensor& original, const Tensor& hessian_matrix, const WeightScheme& scheme,
                  const GridTable& grids, const SolverOptions& options) {
  const std::int64_t columns = original.size(1), width = scheme.columns_per_scale(columns);
  const Tensor order = options.order.defined() ? options.order : at::arange(columns);
  Tensor w = original.index_select(1, order).to(at::kDouble);
  const Tensor h = hessian_matrix.index_select(0, order).index_select(1, order);
  const Tensor c = at::linalg_cholesky(at::linalg_inv(h)).t();
  GridTable table = grids;
  if (!options.static_grids) {
    table.scale = at::zeros({w.size(0), columns / width});
    if (!scheme.symmetric) table.zero = at::zeros({w.size(0), columns / width}, at::kChar);
  }
  Tensor codes = at::zeros(w.sizes(), at::kDouble), exact = codes.clone();
  for (std::int64_t i = 0; i < columns; ++i) {
    const std::int64_t column = order[i].item<std::int64_t>(), group = column / width;
    if (!options.static_grids && i % width == 0) {
      const GridTable now = choose_grids(w.narrow(1, i, width).to(at::kFloat), scheme, options.clip);
      table.scale.select(1, group).copy_(now.scale.select(1, 0));
      if (table.zero.defined()) table.zero.select(1, group).copy_(now.zero.select(1, 0));
    }
    const Tensor scale = table.scale.select(1, group).to(at::kDouble);
    const Tensor zero = table.zero.defined() ? table.zero.select(1, group).to(at::kDouble) : scale * 0;
    const Tensor value = w.select(1, i) / scale + zero;
    const Tensor code = value.round().clamp(scheme.code_min(), scheme.code_max());
    exact.select(1, column).copy_(value);
    codes.select(1, column).copy_(code);
    const Tensor error = (w.select(1, i) - (code - zero) * scale) / c[i][i];
    w.narrow(1, i, columns - i).sub_(at::outer(error, c[i].narrow(0, i, columns - i)));
  }
  return {codes, table.scale, exact};
}

// Rows are the textbook's, but that a row may leave it where the textbook itself stood on a tie. Returns the
// share of rows that never left it.
double expect_same_codes(const Tensor& codes, const Textbook& book, const Tensor& order) {
  std::int64_t same = 0;
  for (std::int64_t row = 0; row < codes.size(0); ++row) {
    const Tensor different = codes[row].to(at::kDouble).ne(book.codes[row]).index_select(0, order);
    if (!different.any().item<bool>()) {
      ++same;
      continue;
    }
    const Tensor first = order[different.to(at::kInt).argmax().item<std::int64_t>()];
    const double value = book.exact[row][first.item<std::int64_t>()].item<double>();
    EXPECT_NEAR(std::fabs(value - std::floor(value) - 0.5), 0, 1e-4) << "row " << row << " column " << first;
  }
  return static_cast<double>(same) / static_cast<double>(codes.size(0));
}

struct SolverCase {
  std::int64_t rows, columns;
  WeightScheme scheme;
  bool moving = false, ordered = false;
  std::int64_t block = 128;
  ClipSearch clip = {};
};

WeightScheme grouped(int bits, bool symmetric, std::int64_t group) {
  return {.bits = bits, .symmetric = symmetric, .group = group};
}
WeightScheme whole(int bits, bool symmetric, Granularity granularity = Granularity::channel) {
  return {.bits = bits, .symmetric = symmetric, .granularity = granularity};
}

class AgainstTheTextbook : public testing::TestWithParam<SolverCase> {};

TEST_P(AgainstTheTextbook, CodesAndLossAreTheSame) {
  const SolverCase& c = GetParam();
  const Tensor w = random(c.rows, c.columns, 5).to(at::kFloat), h = hessian(c.columns, 9);
  SolverOptions options{.static_grids = !c.moving, .clip = c.clip, .block = c.block};
  const Tensor order =
      c.ordered ? at::argsort(h.diagonal(), /*stable=*/true, 0, /*descending=*/true) : at::arange(c.columns);
  Tensor visited = h.to(at::kFloat).contiguous();
  if (c.ordered) {
    options.order = order;
    permute_symmetric_(visited, order);
  }
  const GridTable grids = c.moving ? GridTable{} : choose_grids(w, c.scheme, c.clip);
  const SolverResult result = solve_ldlq(w.clone(), factor_of(visited), c.scheme, grids, options);
  const Textbook book = textbook(w, h, c.scheme, grids, options);
  EXPECT_GE(expect_same_codes(result.quantized.codes, book, order), 0.95);
  EXPECT_TRUE(result.quantized.scale.allclose(book.scale, 1e-2, 0));
  EXPECT_NEAR(result.loss / loss_of(w, result.quantized, h), 1, 1e-4);
  EXPECT_LT(result.loss, loss_of(w, quantize_nearest(w, c.scheme, c.clip), h));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, AgainstTheTextbook,
    testing::Values(SolverCase{8, 6, grouped(4, true, 2)}, SolverCase{8, 6, grouped(4, false, 3)},
                    SolverCase{8, 6, whole(3, true)}, SolverCase{8, 6, whole(4, true, Granularity::tensor)},
                    SolverCase{16, 32, grouped(4, true, 8)}, SolverCase{16, 32, grouped(3, false, 16)},
                    SolverCase{16, 32, grouped(4, true, 8), true},
                    SolverCase{16, 32, grouped(4, false, 16), true, false, 16},
                    SolverCase{16, 32, grouped(4, true, 8), false, true},
                    SolverCase{16, 32, grouped(3, false, 8), false, true, 5},
                    SolverCase{16, 32, whole(4, false), false, true},
                    SolverCase{16, 32, whole(8, true), true, false, 32},
                    SolverCase{16, 32, grouped(3, true, 8), true, false, 8, {20, 0.5F}},
                    // More rows than a tile, blocks that end inside groups, a ragged last block.
                    SolverCase{70, 96, grouped(4, true, 32), false, false, 40},
                    SolverCase{33, 96, grouped(4, false, 24), true, false, 48},
                    SolverCase{1, 96, grouped(2, false, 32), false, true, 7}));

TEST(SolveLdlq, TwoColumnsByHand) {
  // H = [2 2; 2 4], so R = [1 1; 0 2] and U_01 = 1/2. 0.4 rounds to 0 and leaves 0.4, half of which makes the
  // second 0.6 and rounds to 1. Loss 1 * 0.4^2 + 4 * 0.4^2.
  Tensor w = at::full({1, 2}, 0.4F);
  const Tensor factor = at::tensor({1.0F, 1.0F, 77.0F, 2.0F}).reshape({2, 2});
  const SolverResult result = solve_ldlq(w, factor, whole(4, true), {at::ones({1, 1}), {}}, {});
  EXPECT_TRUE(result.quantized.codes.equal(at::tensor({0, 1}, at::kChar).unsqueeze(0)));
  EXPECT_NEAR(result.loss, 0.8, 1e-6);
}

TEST(SolveLdlq, ADiagonalHessianIsNearestRounding) {
  const Tensor w = random(40, 48, 1).to(at::kFloat), factor = at::eye(48) * 3;
  for (const bool moving : {false, true}) {
    const WeightScheme scheme = grouped(4, false, 16);
    const QuantizedTensor nearest = quantize_nearest(w, scheme, {});
    const GridTable grids = choose_grids(w, scheme, {});
    const SolverResult result =
        solve_ldlq(w.clone(), factor, scheme, grids, {.static_grids = !moving, .block = 16});
    EXPECT_TRUE(result.quantized.codes.equal(nearest.codes));
    EXPECT_TRUE(result.quantized.scale.equal(nearest.scale));
    EXPECT_TRUE(result.quantized.zero.equal(nearest.zero));
  }
}

TEST(SolveLdlq, InputsThatNeverFireAreRoundedAloneAndTouchNobody) {
  const std::int64_t n = 24;
  const Tensor w = random(20, n, 3).to(at::kFloat),
               live = at::tensor({0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22},
                                 at::kLong);
  const Tensor small = hessian(live.size(0), 4);
  Tensor h = at::eye(n, at::kDouble) * 7;  // what damping makes of a zero: some number, alone in its row
  h.index_put_({live.unsqueeze(1), live.unsqueeze(0)}, small);
  const WeightScheme scheme = whole(4, true);
  const GridTable grids = choose_grids(w, scheme, {});
  const Tensor all = solve_ldlq(w.clone(), factor_of(h), scheme, grids, {}).quantized.codes;
  const Tensor alone =
      solve_ldlq(w.index_select(1, live).contiguous(), factor_of(small), scheme, grids, {}).quantized.codes;
  EXPECT_TRUE(all.index_select(1, live).equal(alone));
  const Tensor nearest = quantize_on(w, scheme, grids).codes;
  for (const std::int64_t dead : {5, 12, 23}) EXPECT_TRUE(all.select(1, dead).equal(nearest.select(1, dead)));
}

TEST(SolveLdlq, FewerTokensThanColumnsStillBeatsNearest) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const Tensor x = random(30, 64, seed).to(at::kFloat), h = at::mm(x.t(), x);
    Tensor factor = h.clone();
    const DampedFactor damped = damped_reversed_cholesky_(factor, {.first = 1e-9, .factor = 10, .attempts = 9});
    EXPECT_GT(damped.attempts, 1);
    const Tensor w = random(32, 64, seed + 100).to(at::kFloat);
    const WeightScheme scheme = grouped(4, true, 16);
    const QuantizedTensor q = solve_ldlq(w.clone(), factor, scheme, {}, {.static_grids = false}).quantized;
    EXPECT_LT(loss_of(w, q, h.to(at::kDouble)), loss_of(w, quantize_nearest(w, scheme, {}), h.to(at::kDouble)));
  }
}

TEST(SolveLdlq, NeverWorseThanNearestOnManyProblems) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Tensor w = random(24, 40, seed).to(at::kFloat), h = hessian(40, seed + 50, 60);
    const WeightScheme scheme = grouped(seed % 2 ? 3 : 4, seed % 3 == 0, 8);
    const GridTable grids = choose_grids(w, scheme, {});
    const QuantizedTensor q = solve_ldlq(w.clone(), factor_of(h), scheme, grids, {}).quantized;
    EXPECT_LE(loss_of(w, q, h), loss_of(w, quantize_on(w, scheme, grids), h)) << seed;
  }
}

TEST(SolveLdlq, MisuseIsOurs) {
  const Tensor w = at::ones({2, 8}), factor = at::eye(8);
  const WeightScheme scheme = grouped(4, true, 4);
  expect_error(ErrorKind::internal, {}, [&] { solve_ldlq(w.t(), factor, scheme, {}, {}); });
  expect_error(ErrorKind::internal, {},
               [&] { solve_ldlq(w.clone(), factor, scheme, {}, {.static_grids = false, .block = 6}); });
}

TEST(PermuteSymmetric, IsRowsAndColumnsInOrder) {
  for (const std::int64_t n : {1, 2, 7, 300}) {
    const Tensor x = random(n, n, 2).to(at::kFloat), h = x + x.t();
    const Tensor order = at::argsort(random(1, n, 3)[0]);
    Tensor permuted = h.tril() + at::full({n, n}, NAN).triu(1);
    permute_symmetric_(permuted, order);
    EXPECT_TRUE(permuted.tril().equal(h.index_select(0, order).index_select(1, order).tril())) << n;
  }
}

}  // namespace
}  // namespace halftone
