#include "halftone/io/tensor_source.h"

#include "halftone/base/error.h"
#include "halftone/tensor/dtype.h"

namespace halftone {

const TensorInfo* TensorSource::find(const std::string& name) const {
  const auto& tensors = list();
  if (index_.size() != tensors.size()) {
    index_.clear();
    for (size_t i = 0; i < tensors.size(); ++i) index_[tensors[i].name] = i;
  }
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors[found->second];
}

const TensorInfo& TensorSource::at(const std::string& name) const {
  const TensorInfo* info = find(name);
  require(info != nullptr, ErrorKind::input, "tensor \"{}\" is not in the checkpoint", clipped(name));
  return *info;
}

MemorySource::MemorySource(std::map<std::string, Tensor> tensors) : tensors_(std::move(tensors)) {
  for (const auto& [name, tensor] : tensors_) {
    infos_.push_back({name, to_dtype(tensor.scalar_type()), tensor.sizes().vec(), tensor.nbytes(), "memory"});
  }
}

Tensor MemorySource::read(const TensorInfo& info, std::int64_t first, std::int64_t count) {
  at(info.name);
  const Tensor& tensor = tensors_.at(info.name);
  if (tensor.dim() == 0) return tensor.clone();
  const std::int64_t rows = tensor.size(0);
  HALFTONE_ASSERT(first >= 0 && first <= rows && count <= rows - first);
  return tensor.narrow(0, first, count < 0 ? rows - first : count).clone(at::MemoryFormat::Contiguous);
}

}  // namespace halftone
