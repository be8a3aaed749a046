// What is observed of the activations that enter sites. A statistic is additive, so samples may be sharded over
// batches and machines.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "halftone/tensor/tensor.h"

namespace halftone {

// Rows that entered a site together.
struct Observation {
  Tensor x;         // [n, in], any float type
  Tensor modality;  // [n] uint8
};

class Statistic {
 public:
  virtual ~Statistic() = default;
  virtual void add(const Observation& observation) = 0;
  // Adds what another statistic of the same kind and shape has seen.
  virtual void merge(const Statistic& other) = 0;
};

// How much a row of a modality counts: 1 unless named.
struct ModalityWeights {
  double text = 1, vision = 1;
  bool operator==(const ModalityWeights&) const = default;
  bool uniform() const { return text == 1 && vision == 1; }
};

// [n] float32 of row weights.
Tensor row_weights(const Tensor& modality, const ModalityWeights& weights);

}  // namespace halftone
