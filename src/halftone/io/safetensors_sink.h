// Writing a checkpoint as it is made: all sizes are known before the first byte, so headers are final at once
// and tensors may arrive in any order, whole or in pieces.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "halftone/base/dtype.h"
#include "halftone/io/file.h"
#include "halftone/io/hash.h"
#include "halftone/tensor/tensor.h"

namespace halftone {

struct TensorPlan {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
};

// What a finished tensor looked like.
struct WrittenTensor {
  std::string name, file;
  std::uint64_t bytes = 0;
  std::string hash;  // xxh3-64 of its bytes, 16 hex digits
};

// Writes model.safetensors, or model-0000i-of-0000n.safetensors and model.safetensors.index.json, into a
// directory that exists. Inside a shard wide element types come first, so every tensor is aligned to its
// element. Used from one thread.
class SafetensorsSink {
 public:
  // Creates the shards and writes their headers. Tensors keep their order across shards; a tensor never
  // straddles two, so one above shard_limit bytes has a shard of its own. Throws Error(resource) when the disk
  // refuses.
  SafetensorsSink(FileSystem& files, std::string directory, const std::vector<TensorPlan>& plan,
                  std::uint64_t shard_limit);

  // A whole tensor; any device, made contiguous. Shape and type must equal the plan's.
  void write(const std::string& name, const Tensor& tensor);
  // A piece of a tensor's bytes; pieces of one tensor must come in order, those of different tensors may mix.
  void write_bytes(const std::string& name, std::span<const std::byte> data);

  // Checks that every planned tensor is complete, syncs and closes the shards, writes the index.
  std::vector<WrittenTensor> finish();

  std::uint64_t total_bytes() const { return total_bytes_; }

 private:
  struct Slot {
    std::string name, file;
    size_t shard;
    DType dtype;
    std::vector<std::int64_t> shape;
    std::uint64_t offset, bytes, done;
    Hash64 hash;
  };
  void open_shards(const std::vector<TensorPlan>& plan, std::uint64_t shard_limit);
  void write_index();

  FileSystem& files_;
  std::string directory_;
  std::vector<OutputFile> shards_;
  std::map<std::string, size_t> index_;
  std::vector<Slot> slots_;
  std::uint64_t total_bytes_ = 0;
};

}  // namespace halftone
