#include "halftone/io/safetensors_source.h"

#include <array>

#include <ATen/ops/empty.h>

#include "halftone/base/error.h"
#include "halftone/io/safetensors_header.h"
#include "halftone/tensor/dtype.h"

namespace halftone {

SafetensorsSource::SafetensorsSource(FileSystem& files, const std::string& directory) {
  const CheckpointFiles layout = find_checkpoint_files(files, directory);
  for (const auto& shard : layout.shards) open_shard(files, join_path(directory, shard));
  check_index(layout);
  drop_unlisted(layout);
}

SafetensorsSource SafetensorsSource::from_file(FileSystem& files, const std::string& path) {
  SafetensorsSource source;
  source.open_shard(files, path);
  return source;
}

void SafetensorsSource::open_shard(FileSystem& files, const std::string& path) {
  InputFile file(files, path);
  std::string first(std::min<std::uint64_t>(8, file.size()), '\0');
  file.read(std::as_writable_bytes(std::span(first)), 0);
  const std::uint64_t length = header_length(first, file.size(), path);
  std::string json(length, '\0');
  file.read(std::as_writable_bytes(std::span(json)), 8);
  for (auto& entry : parse_header(json, file.size() - 8 - length, path)) {
    infos_.push_back({std::move(entry.name), entry.dtype, std::move(entry.shape), entry.bytes(), path});
    locations_.push_back({shards_.size(), 8 + length + entry.begin});
  }
  shards_.push_back(std::move(file));
}

void SafetensorsSource::check_index(const CheckpointFiles& layout) {
  std::map<std::string, std::string> seen;
  for (const auto& info : infos_) {
    const auto [first, fresh] = seen.emplace(info.name, info.place);
    require(fresh, ErrorKind::input, "tensor \"{}\" stands in two shards, {} and {}", clipped(info.name),
            first->second, info.place);
  }
  for (const auto& [tensor, shard] : layout.shard_of) {
    const auto found = seen.find(tensor);
    require(found != seen.end() && base_name(found->second) == shard, ErrorKind::input,
            "{}: the index puts tensor \"{}\" into {}, which does not hold it", layout.directory,
            clipped(tensor), shard);
  }
}

void SafetensorsSource::drop_unlisted(const CheckpointFiles& layout) {
  for (const auto& name : layout.unlisted) {
    warnings_.push_back(
        fmt::format("{}: is no part of the checkpoint and was left out", join_path(layout.directory, name)));
  }
  if (layout.shard_of.empty()) return;
  size_t kept = 0;
  for (size_t i = 0; i < infos_.size(); ++i) {
    if (!layout.shard_of.contains(infos_[i].name)) {
      warnings_.push_back(fmt::format("{}: tensor \"{}\" is not in the index and was left out", infos_[i].place,
                                      clipped(infos_[i].name)));
      continue;
    }
    if (kept != i) infos_[kept] = std::move(infos_[i]);
    locations_[kept++] = locations_[i];
  }
  infos_.resize(kept);
  locations_.resize(kept);
}

void SafetensorsSource::read_bytes(const TensorInfo& info, std::uint64_t offset,
                                   std::span<std::byte> out) const {
  const size_t i = position(info);
  HALFTONE_ASSERT(offset <= infos_[i].bytes && out.size() <= infos_[i].bytes - offset);
  shards_[locations_[i].shard].read(out, locations_[i].offset + offset);
}

Tensor SafetensorsSource::read(const TensorInfo& info, std::int64_t first, std::int64_t count) {
  const TensorInfo& own = infos_[position(info)];
  std::vector<std::int64_t> shape = own.shape;
  std::uint64_t offset = 0;
  if (!shape.empty()) {
    HALFTONE_ASSERT(first >= 0 && first <= shape[0] && count <= shape[0] - first);
    const std::uint64_t row = shape[0] == 0 ? 0 : own.bytes / static_cast<std::uint64_t>(shape[0]);
    offset = row * static_cast<std::uint64_t>(first);
    shape[0] = count < 0 ? shape[0] - first : count;
  }
  Tensor tensor = at::empty(shape, to_scalar_type(own.dtype));
  read_bytes(own, offset, {static_cast<std::byte*>(tensor.data_ptr()), tensor.nbytes()});
  return tensor;
}

}  // namespace halftone
