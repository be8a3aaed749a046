#include "halftone/calib/activation_store.h"

namespace halftone {

std::int64_t ActivationStore::bytes() const {
  std::int64_t sum = 0;
  for (const auto& tensor : hidden_) sum += tensor.defined() ? static_cast<std::int64_t>(tensor.nbytes()) : 0;
  return sum;
}

}  // namespace halftone
