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
// never count as the process's own. Throws what find_checkpoint_files and parse_header throw, and Error(input)
// for a tensor that stands in two shards or not in the shard that the index says. Tensors that no index names
// are left out, with a warning, as are files that it does not name.
class SafetensorsSource final : public TensorSource {
 public:
  SafetensorsSource(FileSystem& files, const std::string& directory);
  // One file that is no checkpoint of its own (goldens, artifacts).
  static SafetensorsSource from_file(FileSystem& files, const std::string& path);

  const std::vector<TensorInfo>& list() const override { return infos_; }
  Tensor read(const TensorInfo& info, std::int64_t first = 0, std::int64_t count = -1) override;

  // Bytes [offset, offset + out.size()) of a tensor as they stand in the file. Throws Error(internal) past the
  // tensor's end.
  void read_bytes(const TensorInfo& info, std::uint64_t offset, std::span<std::byte> out) const;

  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  SafetensorsSource() = default;
  void open_shard(FileSystem& files, const std::string& path);
  void check_index(const CheckpointFiles& layout);
  void drop_unlisted(const CheckpointFiles& layout);
  size_t position(const TensorInfo& info) const { return static_cast<size_t>(&at(info.name) - infos_.data()); }

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
