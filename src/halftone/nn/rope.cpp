#include "halftone/nn/rope.h"

#include <vector>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/pow.h>

#include "halftone/base/error.h"

namespace halftone {

Tensor inverse_frequencies(std::int64_t dim, double theta, const Tensor& factors) {
  const Tensor exponent = at::arange(0, dim, 2, at::kLong).to(at::kFloat) / static_cast<double>(dim);
  const Tensor wavelengths = at::pow(theta, exponent);
  return (factors.defined() ? factors * wavelengths : wavelengths).reciprocal();
}

RopeTable rope_table(const Tensor& angles, double amplitude) {
  const Tensor both = at::cat({angles, angles}, -1);
  if (amplitude == 1) return {both.cos(), both.sin()};
  return {both.cos() * amplitude, both.sin() * amplitude};
}

Tensor rope_angles(const Tensor& positions, const Tensor& frequencies) {
  return positions.to(at::kFloat).unsqueeze(-1) * frequencies.to(positions.device()).unsqueeze(0);
}

Tensor rope_angles_by_section(const Tensor& positions, const Tensor& frequencies,
                              std::span<const std::int64_t> sections) {
  HALFTONE_ASSERT(positions.size(0) == static_cast<std::int64_t>(sections.size()));
  std::vector<Tensor> parts;
  std::int64_t first = 0;
  for (size_t axis = 0; axis < sections.size(); ++axis) {
    const Tensor section = frequencies.narrow(0, first, sections[axis]);
    parts.push_back(rope_angles(positions[static_cast<std::int64_t>(axis)], section));
    first += sections[axis];
  }
  HALFTONE_ASSERT(first == frequencies.size(0));
  return at::cat(parts, -1);
}

Tensor apply_rope(const Tensor& x, const RopeTable& table) {
  const std::int64_t half = x.size(-1) / 2;
  const Tensor turned = at::cat({-x.narrow(-1, half, half), x.narrow(-1, 0, half)}, -1);
  const Tensor cos = table.cos.to(x.scalar_type()).unsqueeze(1),
               sin = table.sin.to(x.scalar_type()).unsqueeze(1);
  return x * cos + turned * sin;
}

}  // namespace halftone
