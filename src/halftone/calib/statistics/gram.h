// The Gram matrix of a linear's inputs, H = sum_i w_i x_i x_i^T: GPTQ's Hessian up to a factor.
#pragma once

#include <cstdint>

#include "halftone/calib/statistic.h"

namespace halftone {

class Gram final : public Statistic {
 public:
  Gram(std::int64_t dim, ModalityWeights weights, at::Device device);
  // Panels of columns below the diagonal only: half the work of the full product. Throws Error(numeric) for
  // inputs that are not finite.
  void add(const Observation& observation) override;
  void merge(const Statistic& other) override;

  // [dim, dim] float32; the lower triangle with the diagonal is valid, the rest is not.
  const Tensor& lower() const { return h_; }
  // Gives the matrix away; the statistic is empty afterwards.
  Tensor take() { return std::move(h_); }
  std::int64_t rows() const { return rows_; }

 private:
  Tensor h_;
  ModalityWeights weights_;
  std::int64_t rows_ = 0;
};

}  // namespace halftone
