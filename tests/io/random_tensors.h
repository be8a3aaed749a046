// Random sets of tensors, for round trips.
#pragma once

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ops/empty.h>

#include "halftone/base/seed.h"
#include "halftone/io/safetensors_sink.h"
#include "halftone/tensor/dtype.h"

namespace halftone {

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

// The bytes of a contiguous CPU tensor.
inline std::string_view view_bytes(const Tensor& tensor) {
  return {static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()};
}

// Every bit random, but for booleans, which are 0 or 1.
inline Tensor random_tensor(Random& random, DType dtype, const std::vector<std::int64_t>& shape) {
  Tensor tensor = at::empty(shape, to_scalar_type(dtype));
  auto* bytes = static_cast<unsigned char*>(tensor.data_ptr());
  for (size_t i = 0; i < tensor.nbytes(); ++i) {
    bytes[i] = static_cast<unsigned char>(dtype == DType::boolean ? random.below(2) : random.next());
  }
  return tensor;
}

// Rank 0 to 4, axes of 0 to 6.
inline std::vector<NamedTensor> random_tensors(Random& random) {
  static const std::vector<std::string> kNames = {
      "model.layers.", "v\xc3\xa9rit\xc3\xa9 ", "a/b\\c\"", "", "..", "\xf0\x9f\x98\x80"};
  std::vector<NamedTensor> tensors;
  const std::uint64_t count = random.below(12);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::vector<std::int64_t> shape(random.below(5));
    for (auto& axis : shape) axis = static_cast<std::int64_t>(random.below(7));
    const auto dtype = static_cast<DType>(random.below(16));
    const std::string name = kNames[random.below(kNames.size())] + std::to_string(i);
    tensors.push_back({i == 3 ? "" : name, random_tensor(random, dtype, shape)});
  }
  return tensors;
}

inline std::vector<TensorPlan> plan_of(const std::vector<NamedTensor>& tensors) {
  std::vector<TensorPlan> plan;
  for (const auto& [name, tensor] : tensors) {
    plan.push_back({name, to_dtype(tensor.scalar_type()), tensor.sizes().vec()});
  }
  return plan;
}

// Writes all tensors in their order and finishes.
inline std::vector<WrittenTensor> write_all(FileSystem& files, const std::string& directory,
                                            const std::vector<NamedTensor>& tensors,
                                            std::uint64_t shard_limit) {
  SafetensorsSink sink(files, directory, plan_of(tensors), shard_limit);
  for (const auto& [name, tensor] : tensors) sink.write(name, tensor);
  return sink.finish();
}

}  // namespace halftone
