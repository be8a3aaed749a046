#include "halftone/nn/activation.h"

#include <ATen/ops/gelu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>

#include "halftone/base/error.h"

namespace halftone {

Tensor activate(Activation kind, const Tensor& x) {
  switch (kind) {
    case Activation::silu: return at::silu(x);
    case Activation::gelu: return at::gelu(x, "none");
    case Activation::gelu_tanh: return at::gelu(x, "tanh");
    case Activation::quick_gelu: return x * at::sigmoid(x * 1.702);
  }
  return x;
}

Activation activation_from_name(const std::string& name, const std::string& origin) {
  if (name == "silu" || name == "swish") return Activation::silu;
  if (name == "gelu") return Activation::gelu;
  if (name == "gelu_pytorch_tanh" || name == "gelu_new") return Activation::gelu_tanh;
  if (name == "quick_gelu") return Activation::quick_gelu;
  fail(ErrorKind::unsupported,
       "{}: activation \"{}\" is unknown, known are silu, gelu, gelu_pytorch_tanh, quick_gelu", origin, name);
}

}  // namespace halftone
