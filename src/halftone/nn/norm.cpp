#include "halftone/nn/norm.h"

#include <ATen/ops/layer_norm.h>

namespace halftone {

Tensor rms_norm(const Tensor& x, const Tensor& gain, double eps) {
  const Tensor wide = x.to(at::kFloat);
  const Tensor normal = wide * (wide.square().mean(-1, /*keepdim=*/true) + eps).rsqrt();
  return normal.to(x.scalar_type()) * gain.to(x.scalar_type());
}

Tensor layer_norm(const Tensor& x, const Tensor& gain, const Tensor& shift, double eps) {
  const auto cast = [&](const Tensor& t) { return t.defined() ? t.to(x.scalar_type()) : t; };
  return at::layer_norm(x, {x.size(-1)}, cast(gain), cast(shift), eps);
}

}  // namespace halftone
