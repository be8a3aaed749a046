#include "halftone/quant/distortion.h"

#include <cmath>
#include <limits>

#include <ATen/ops/mm.h>

namespace halftone {

Distortion distortion(const Tensor& w, const Tensor& approximation) {
  const Tensor original = w.to(at::kFloat), error = approximation.to(at::kFloat) - original;
  const double squared = error.square().sum(at::kDouble).item<double>();
  const double power = original.square().sum(at::kDouble).item<double>();
  const Tensor nonzero = original.ne(0);
  const double count = nonzero.sum().item<double>();
  Distortion result;
  result.mse = squared / static_cast<double>(std::max<std::int64_t>(1, w.numel()));
  result.sqnr_db = squared > 0 ? 10 * std::log10(power / squared) : std::numeric_limits<double>::infinity();
  result.max_abs = w.numel() > 0 ? error.abs().max().item<double>() : 0;
  result.zeroed = count > 0 ? nonzero.logical_and(approximation.eq(0)).sum().item<double>() / count : 0;
  return result;
}

double gram_error(const Tensor& error, const Tensor& gram_lower) {
  const Tensor e = error.to(gram_lower.scalar_type());
  // H = L + L^T - D, so tr(E H E^T) = 2 tr(E L E^T) - tr(E D E^T).
  const double lower = at::mm(e, gram_lower.tril()).mul_(e).sum(at::kDouble).item<double>();
  const double diagonal = e.square().mul(gram_lower.diagonal()).sum(at::kDouble).item<double>();
  return 2 * lower - diagonal;
}

}  // namespace halftone
