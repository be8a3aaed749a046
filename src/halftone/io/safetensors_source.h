// A checkpoint directory of safetensors shards as a TensorSource.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "halftone/io/checkpoint_files.h"
#include "halftone/io/file.h"
#include "halftone/io/tensor_source.h"

namespace halftone {

// Reads all headers at construction and bytes by pread on demand; nothing is mapped, so pages of the files
// never count as the process's own. Validates what find_checkpoint_files and parse_header say, and that index
// and shards name the same tensors.
class SafetensorsSource final : public TensorSource {
 public:
  SafetensorsSource(FileSystem& files, const std::string& directory);
  // One file that is no checkpoint of its own (goldens, artifacts).
  static SafetensorsSource from_file(FileSystem& files, const std::string& path);

  const std::vector<TensorInfo>& list() const override { return infos_; }
  Tensor read(const TensorInfo& info, std::int64_t first = 0, std::int64_t count = -1) override;

  // Bytes [offset, offset + out.size()) of a tensor as they stand in the file.
  void read_bytes(const TensorInfo& info, std::uint64_t offset, std::span<std::byte> out) const;

  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  SafetensorsSource() = default;
  void open_shard(FileSystem& files, const std::string& path);
  void check_index(const CheckpointFiles& layout);

  struct Location {
    size_t shard;
    std::uint64_t offset;  // in the file
  };
  std::vector<InputFile> shards_;
  std::vector<TensorInfo> infos_;
  std::vector<Location> locations_;  // parallel to infos_
  std::vector<std::string> warnings_;
};

}  // namespace halftone
