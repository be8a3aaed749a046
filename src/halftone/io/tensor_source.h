// Named tensors that can be read: the checkpoint as the rest of the library sees it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "halftone/base/dtype.h"
#include "halftone/tensor/tensor.h"

namespace halftone {

// What is known of a tensor before its bytes are read.
struct TensorInfo {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::uint64_t bytes = 0;
  std::string place;  // for messages: the file that holds it
};

// Metadata at once, bytes on demand. read() may be called from another thread than the one that opened the
// source, but from one thread at a time.
class TensorSource {
 public:
  virtual ~TensorSource() = default;

  // All tensors, in the order of the files.
  virtual const std::vector<TensorInfo>& list() const = 0;

  // Rows [first, first + count) along the first axis as a CPU tensor that the caller owns; count < 0 means all
  // from `first` on. A tensor without axes is read whole. `info` is known by its name. Throws Error(input) when
  // the bytes cannot be had, Error(internal) for rows that the tensor does not have.
  virtual Tensor read(const TensorInfo& info, std::int64_t first = 0, std::int64_t count = -1) = 0;

  // The tensor of that name, nullptr if there is none. Built on first use.
  const TensorInfo* find(const std::string& name) const;
  // As find, but throws Error(input).
  const TensorInfo& at(const std::string& name) const;

 private:
  mutable std::unordered_map<std::string, size_t> index_;
};

// Tensors that are in memory already.
class MemorySource final : public TensorSource {
 public:
  explicit MemorySource(std::map<std::string, Tensor> tensors);
  const std::vector<TensorInfo>& list() const override { return infos_; }
  Tensor read(const TensorInfo& info, std::int64_t first = 0, std::int64_t count = -1) override;

 private:
  std::map<std::string, Tensor> tensors_;
  std::vector<TensorInfo> infos_;
};

}  // namespace halftone
