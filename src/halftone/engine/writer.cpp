#include "halftone/engine/writer.h"

#include <algorithm>

#include <ATen/ops/empty.h>

#include "halftone/base/error.h"
#include "halftone/io/hash.h"

namespace halftone {
namespace {

constexpr std::uint64_t kCopyBytes = 32u << 20;  // a tensor that is not in memory is copied in pieces of this

void hash_tensor(Hash64& hash, const Tensor& tensor) {
  if (!tensor.defined()) return;
  const Tensor flat = tensor.cpu().contiguous();
  hash.add({static_cast<const std::byte*>(flat.const_data_ptr()), flat.nbytes()});
}

Tensor tall_like(const Tensor& part, std::int64_t rows) {
  return part.defined() ? at::empty({rows, part.size(1)}, part.options()) : Tensor();
}

}  // namespace

std::string hash_of(const QuantizedTensor& q) {
  Hash64 hash;
  hash_tensor(hash, q.codes);
  hash_tensor(hash, q.scale);
  hash_tensor(hash, q.zero);
  return hash.hex();
}

std::vector<TensorPlan> written_tensors(const TensorInfo& info,
                                        const std::map<std::string, const ModuleFacts*>& quantized,
                                        const Format& format) {
  const auto found = quantized.find(info.name);
  if (found == quantized.end()) return {{info.name, info.dtype, info.shape}};
  return format.tensors(*found->second);
}

std::vector<TensorPlan> planned_tensors(const Job& job, const Format& format) {
  const auto quantized = job.quantized_modules();
  std::vector<TensorPlan> plan;
  for (const auto& info : job.checkpoint->files->list()) {
    for (auto& tensor : written_tensors(info, quantized, format)) plan.push_back(std::move(tensor));
  }
  return plan;
}

QuantizedTensor join_slots(const Block& block, const BlockWeights& weights, const std::string& tensor) {
  QuantizedTensor joined;
  for (size_t i = 0; i < block.slots.size(); ++i) {
    const Slot& slot = block.slots[i];
    if (slot.part.tensor != tensor || !weights.quantized[i]) continue;
    const QuantizedTensor& part = *weights.quantized[i];
    if (slot.part.rows.plain()) return part;
    if (!joined.codes.defined()) {
      const std::int64_t rows = slot.file_shape[0];
      joined = {part.scheme, tall_like(part.codes, rows), tall_like(part.scale, rows),
                tall_like(part.zero, rows)};
    }
    place_rows(joined.codes, slot.part.rows, part.codes);
    place_rows(joined.scale, slot.part.rows, part.scale);
    if (joined.zero.defined()) place_rows(joined.zero, slot.part.rows, part.zero);
  }
  return joined;
}

OutputWriter::OutputWriter(FileSystem& files, const Job& job, const std::vector<std::string>& directories)
    : job_(job), quantized_(job.quantized_modules()) {
  for (size_t i = 0; i < job.outputs.size(); ++i) {
    sinks_.push_back(
        std::make_unique<SafetensorsSink>(files, directories[i], planned_tensors(job, *job.outputs[i].format),
                                          static_cast<std::uint64_t>(job.outputs[i].options.shard)));
  }
  thread_ = std::jthread([this] { run(); });
}

OutputWriter::~OutputWriter() {
  queue_.abort(std::make_exception_ptr(Error(ErrorKind::internal, "the writer is gone")));
}

void OutputWriter::run() {
  try {
    while (auto work = queue_.pop()) write_block(std::move(*work));
  } catch (...) {
    queue_.abort(std::current_exception());
  }
}

void OutputWriter::submit(const Block& block, BlockWeights weights) {
  queue_.push({&block, std::move(weights)});
}

void OutputWriter::write_block(Work work) {
  while_doing("writing block " + work.block->name, [&] {
    for (const auto& slot : work.block->slots) {
      if (!done_.insert(slot.part.tensor).second) continue;
      if (quantized_.contains(slot.part.tensor)) {
        write_quantized(*work.block, work.weights, slot.part.tensor);
      } else {
        copy_tensor(job_.checkpoint->files->at(slot.part.tensor), &work.weights);
      }
    }
  });
}

void OutputWriter::write_quantized(const Block& block, const BlockWeights& weights, const std::string& tensor) {
  const ModuleFacts& module = *quantized_.at(tensor);
  const QuantizedTensor q = join_slots(block, weights, tensor);
  for (size_t i = 0; i < sinks_.size(); ++i) job_.outputs[i].format->write(module, q, *sinks_[i]);
  const WrittenModule written{module.module, hash_of(q)};
  const std::lock_guard lock(mutex_);
  written_.push_back(written);
}

void OutputWriter::copy_tensor(const TensorInfo& info, const BlockWeights* weights) {
  const auto known =
      weights ? weights->tensors.find(info.name) : std::map<std::string, Tensor>::const_iterator{};
  if (weights && known != weights->tensors.end()) {
    for (auto& sink : sinks_) sink->write(info.name, known->second);
    return;
  }
  std::vector<std::byte> piece(std::min(kCopyBytes, info.bytes));
  for (std::uint64_t done = 0; done < info.bytes; done += piece.size()) {
    piece.resize(std::min(kCopyBytes, info.bytes - done));
    job_.checkpoint->files->read_bytes(info, done, piece);
    for (auto& sink : sinks_) sink->write_bytes(info.name, piece);
  }
}

std::vector<std::vector<WrittenTensor>> OutputWriter::finish() {
  queue_.close();
  thread_.join();
  // A failure of the thread shows here.
  HALFTONE_ASSERT(!queue_.pop().has_value());
  for (const auto& info : job_.checkpoint->files->list()) {
    if (done_.insert(info.name).second) copy_tensor(info, nullptr);
  }
  std::vector<std::vector<WrittenTensor>> written;
  for (auto& sink : sinks_) written.push_back(sink->finish());
  return written;
}

std::vector<WrittenModule> OutputWriter::take_written() {
  const std::lock_guard lock(mutex_);
  return std::exchange(written_, {});
}

}  // namespace halftone
