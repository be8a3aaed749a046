#include "halftone/tensor/linalg.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/mm.h>

#include "halftone/base/error.h"

namespace halftone {
namespace {

constexpr std::int64_t kBlock = 512;

// Rows [r0, r1) and columns [c0, c1) of m, as a view.
Tensor part(const Tensor& m, std::int64_t r0, std::int64_t r1, std::int64_t c0, std::int64_t c1) {
  return m.narrow(0, r0, r1 - r0).narrow(1, c0, c1 - c0);
}

// Writes upper [b, b] into the upper triangle of a diagonal block and leaves the strictly lower one.
void set_upper(Tensor block, const Tensor& upper) { block.copy_(block.tril(-1).add_(upper.triu())); }

// Factors a diagonal block whose upper triangle is final; reversing both axes turns R R^T into L L^T.
bool factor_block(Tensor block) {
  auto [lower, info] = at::linalg_cholesky_ex(block.triu().flip({0, 1}).t(), /*upper=*/true);
  if (info.item<int>() != 0) return false;
  const Tensor factor = lower.t().flip({0, 1});
  if (!std::isfinite(factor.sum().item<double>())) return false;
  set_upper(block, factor);
  return true;
}

// Whether what stands below the diagonal is finite; summed by blocks of rows, without a second matrix.
bool lower_is_finite(const Tensor& h) {
  const std::int64_t n = h.size(0);
  for (std::int64_t begin = 0; begin < n; begin += kBlock) {
    const std::int64_t end = std::min(n, begin + kBlock);
    const Tensor lower = part(h, begin, end, 0, end).tril(begin - 1);
    if (!std::isfinite(lower.sum(at::kDouble).item<double>())) return false;
  }
  return true;
}

[[noreturn]] void fail_not_finite() {
  throw Error(ErrorKind::numeric, "the Hessian holds numbers that are not finite",
              "look for overflow in the activations of the calibration samples");
}

}  // namespace

bool reversed_cholesky_(Tensor h) {
  const std::int64_t n = h.size(0);
  mirror_lower_(h);
  for (std::int64_t end = n; end > 0; end = std::max<std::int64_t>(0, end - kBlock)) {
    const std::int64_t begin = std::max<std::int64_t>(0, end - kBlock);
    Tensor block = part(h, begin, end, begin, end);
    Tensor above = part(h, 0, begin, begin, end);
    if (end < n) {
      const Tensor row = part(h, begin, end, end, n).t();  // R of these rows, right of the block
      above.addmm_(part(h, 0, begin, end, n), row, 1, -1);
      set_upper(block, block - at::mm(part(h, begin, end, end, n), row));
    }
    if (!factor_block(block)) return false;
    if (begin > 0) {
      // X R^T = above
      above.copy_(at::linalg_solve_triangular(block.triu().t(), above, /*upper=*/false, /*left=*/false));
    }
  }
  return true;
}

DampedFactor damped_reversed_cholesky_(Tensor h, const Damping& damping) {
  Tensor diagonal = h.diagonal().clone();
  const double mean = diagonal.mean().item<double>();
  if (!std::isfinite(mean)) fail_not_finite();
  diagonal.masked_fill_(diagonal.eq(0), mean > 0 ? mean : 1.0);
  double damp = damping.first;
  for (std::int64_t attempt = 1; attempt <= damping.attempts; ++attempt, damp *= damping.factor) {
    h.diagonal().copy_(diagonal + damp * (mean > 0 ? mean : 1.0));
    if (reversed_cholesky_(h)) return {damp, attempt};
    if (attempt == 1 && !lower_is_finite(h)) fail_not_finite();
    if (damp == 0) damp = 1e-4;
  }
  throw Error(ErrorKind::numeric,
              fmt::format("the Hessian is not positive definite after {} dampings", damping.attempts),
              "give more calibration samples, or a larger damp");
}

void mirror_lower_(Tensor h) {
  const std::int64_t n = h.size(0);
  for (std::int64_t begin = 0; begin < n; begin += kBlock) {
    const std::int64_t end = std::min(n, begin + kBlock);
    Tensor block = part(h, begin, end, begin, end);
    block.copy_(block.tril() + block.tril(-1).t());
    if (end < n) part(h, begin, end, end, n).copy_(part(h, end, n, begin, end).t());
  }
}

}  // namespace halftone
