#include "halftone/calib/statistic.h"

#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/where.h>

#include "halftone/model/flow.h"

namespace halftone {

Tensor row_weights(const Tensor& modality, const ModalityWeights& weights) {
  const auto options = modality.options().dtype(at::kFloat);
  return at::where(modality.eq(kVision), at::scalar_tensor(weights.vision, options),
                   at::scalar_tensor(weights.text, options));
}

}  // namespace halftone
