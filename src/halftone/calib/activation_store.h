// The activations at one block boundary, one tensor a micro-batch and stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "halftone/tensor/tensor.h"

namespace halftone {

// One generation alive: put() replaces what a batch had. Tensors stay where they are.
class ActivationStore {
 public:
  explicit ActivationStore(std::size_t batches) : hidden_(batches) {}

  const Tensor& get(std::size_t batch) const { return hidden_[batch]; }
  void put(std::size_t batch, Tensor hidden) { hidden_[batch] = std::move(hidden); }
  std::size_t batches() const { return hidden_.size(); }
  std::int64_t bytes() const;

 private:
  std::vector<Tensor> hidden_;
};

}  // namespace halftone
