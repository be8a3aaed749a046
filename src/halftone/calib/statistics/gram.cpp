#include "halftone/calib/statistics/gram.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/zeros.h>

#include "halftone/base/error.h"

namespace halftone {
namespace {

constexpr std::int64_t kPanel = 1024;  // columns of H per product

}  // namespace

Gram::Gram(std::int64_t dim, ModalityWeights weights, at::Device device)
    : h_(at::zeros({dim, dim}, at::TensorOptions(at::kFloat).device(device))), weights_(weights) {}

void Gram::add(const Observation& observation) {
  Tensor x = observation.x.to(at::kFloat);
  if (!weights_.uniform()) x = x * row_weights(observation.modality, weights_).sqrt_().unsqueeze(1);
  const std::int64_t dim = h_.size(0);
  HALFTONE_ASSERT(x.size(1) == dim);
  for (std::int64_t first = 0; first < dim; first += kPanel) {
    const std::int64_t width = std::min(kPanel, dim - first);
    h_.narrow(0, first, dim - first)
        .narrow(1, first, width)
        .addmm_(x.narrow(1, first, dim - first).t(), x.narrow(1, first, width));
  }
  // One non-finite input makes its diagonal entry non-finite for good.
  require(std::isfinite(h_.diagonal().sum().item<double>()), ErrorKind::numeric,
          "the activations hold numbers that are not finite");
  rows_ += x.size(0);
}

void Gram::merge(const Statistic& other) {
  const auto& gram = dynamic_cast<const Gram&>(other);
  h_.add_(gram.h_);
  rows_ += gram.rows_;
}

}  // namespace halftone
