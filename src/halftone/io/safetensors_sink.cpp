#include "halftone/io/safetensors_sink.h"

#include <algorithm>

#include "halftone/base/error.h"
#include "halftone/base/json.h"
#include "halftone/io/hash.h"
#include "halftone/io/safetensors_header.h"
#include "halftone/tensor/dtype.h"

namespace halftone {

SafetensorsSink::SafetensorsSink(FileSystem& files, std::string directory, const std::vector<TensorPlan>& plan,
                                 std::uint64_t shard_limit)
    : files_(files), directory_(std::move(directory)) {
  open_shards(plan, shard_limit);
}

void SafetensorsSink::open_shards(const std::vector<TensorPlan>& plan, std::uint64_t shard_limit) {
  std::vector<std::vector<TensorEntry>> shards(1);
  std::uint64_t filled = 0;
  for (const auto& tensor : plan) {
    const std::uint64_t bytes = checked_bytes(tensor.dtype, tensor.shape, tensor.name);
    if (filled > 0 && filled + bytes > shard_limit) {
      shards.emplace_back();
      filled = 0;
    }
    shards.back().push_back({tensor.name, tensor.dtype, tensor.shape, 0, bytes});
    filled += bytes;
    total_bytes_ += bytes;
  }
  for (size_t i = 0; i < shards.size(); ++i) {
    auto& entries = shards[i];
    std::stable_sort(entries.begin(), entries.end(), [](const TensorEntry& a, const TensorEntry& b) {
      return dtype_bytes(a.dtype) > dtype_bytes(b.dtype);
    });
    std::uint64_t offset = 0;
    for (auto& entry : entries) {
      const std::uint64_t bytes = entry.end;
      entry.begin = offset;
      entry.end = offset += bytes;
    }
    const std::string header = build_header(entries);
    const std::string name = shards.size() == 1
                                 ? "model.safetensors"
                                 : fmt::format("model-{:05}-of-{:05}.safetensors", i + 1, shards.size());
    shards_.emplace_back(files_, join_path(directory_, name));
    shards_.back().write(std::as_bytes(std::span(header)), 0);
    for (const auto& entry : entries) {
      const bool fresh = index_.emplace(entry.name, slots_.size()).second;
      require(fresh, ErrorKind::internal, "tensor \"{}\" is planned twice", entry.name);
      slots_.push_back(
          {entry.name, name, i, entry.dtype, entry.shape, header.size() + entry.begin, entry.bytes(), 0, {}});
    }
  }
}

void SafetensorsSink::write(const std::string& name, const Tensor& tensor) {
  const auto found = index_.find(name);
  require(found != index_.end(), ErrorKind::internal, "tensor \"{}\" was not planned", name);
  const Slot& slot = slots_[found->second];
  require(to_dtype(tensor.scalar_type()) == slot.dtype && tensor.sizes() == at::IntArrayRef(slot.shape),
          ErrorKind::internal, "tensor \"{}\" is {} [{}], planned was {} [{}]", name,
          dtype_name(to_dtype(tensor.scalar_type())), fmt::join(tensor.sizes(), ", "), dtype_name(slot.dtype),
          fmt::join(slot.shape, ", "));
  const Tensor flat = tensor.cpu().contiguous();
  write_bytes(name, {static_cast<const std::byte*>(flat.const_data_ptr()), flat.nbytes()});
}

void SafetensorsSink::write_bytes(const std::string& name, std::span<const std::byte> data) {
  const auto found = index_.find(name);
  require(found != index_.end(), ErrorKind::internal, "tensor \"{}\" was not planned", name);
  Slot& slot = slots_[found->second];
  require(slot.done + data.size() <= slot.bytes, ErrorKind::internal,
          "tensor \"{}\" got more bytes than planned", name);
  shards_[slot.shard].write(data, slot.offset + slot.done);
  slot.hash.add(data);
  slot.done += data.size();
}

std::vector<WrittenTensor> SafetensorsSink::finish() {
  std::vector<WrittenTensor> written;
  for (const auto& slot : slots_) {
    require(slot.done == slot.bytes, ErrorKind::internal, "tensor \"{}\" has {} of {} bytes", slot.name,
            slot.done, slot.bytes);
    written.push_back({slot.name, slot.file, slot.bytes, slot.hash.hex()});
  }
  for (auto& shard : shards_) shard.finish();
  if (shards_.size() > 1) write_index();
  return written;
}

void SafetensorsSink::write_index() {
  std::string map;
  for (const auto& [name, slot] : index_) {
    map += fmt::format("{}\n    {}: {}", map.empty() ? "" : ",", Json(name).dump(),
                       Json(slots_[slot].file).dump());
  }
  write_file(
      files_, join_path(directory_, "model.safetensors.index.json"),
      fmt::format("{{\n  \"metadata\": {{\n    \"total_size\": {}\n  }},\n  \"weight_map\": {{{}\n  }}\n}}\n",
                  total_bytes_, map));
}

}  // namespace halftone
