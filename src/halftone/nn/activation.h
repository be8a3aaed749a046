// The nonlinearities of the supported models.
#pragma once

#include <string>

#include "halftone/tensor/tensor.h"

namespace halftone {

enum class Activation {
  silu,        // x * sigmoid(x)
  gelu,        // exact, by erf
  gelu_tanh,   // the tanh approximation
  quick_gelu,  // x * sigmoid(1.702 x)
};

Tensor activate(Activation kind, const Tensor& x);

// From the name a config uses: "silu", "gelu", "gelu_pytorch_tanh", "quick_gelu". Throws Error(unsupported).
Activation activation_from_name(const std::string& name, const std::string& origin);

}  // namespace halftone
