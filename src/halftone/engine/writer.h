// Finished blocks on their way to disk, on a thread of their own: joined, packed by each format, written.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "halftone/base/queue.h"
#include "halftone/engine/job.h"
#include "halftone/io/safetensors_sink.h"
#include "halftone/model/weights.h"

namespace halftone {

// What a tensor of the source becomes: itself, or what the format makes of its module. `quantized` is the
// job's.
std::vector<TensorPlan> written_tensors(const TensorInfo& info,
                                        const std::map<std::string, const ModuleFacts*>& quantized,
                                        const Format& format);

// The tensors that an output will hold, in the order of the source.
std::vector<TensorPlan> planned_tensors(const Job& job, const Format& format);

// What became of a quantized module: enough to recognize it when it is read back.
struct WrittenModule {
  std::string module;
  std::string hash;  // of codes, scales and zero points in canonical form
};
std::string hash_of(const QuantizedTensor& q);

class OutputWriter {
 public:
  // One sink an output; `directories` parallel to job.outputs. All references must outlive the object.
  OutputWriter(FileSystem& files, const Job& job, const std::vector<std::string>& directories);
  ~OutputWriter();
  OutputWriter(const OutputWriter&) = delete;
  OutputWriter& operator=(const OutputWriter&) = delete;

  // Hands a block over: its quantized matrices are packed, its other tensors copied, from memory if they are
  // there. Blocks while another waits. Throws what writing threw.
  void submit(const Block& block, BlockWeights weights);
  // Copies what no block holds, waits for the end and closes the shards. Per output, what was written.
  std::vector<std::vector<WrittenTensor>> finish();

  // Modules written since the last call, and the bytes.
  std::vector<WrittenModule> take_written();

 private:
  struct Work {
    const Block* block;
    BlockWeights weights;
  };
  void run();
  void write_block(Work work);
  void write_quantized(const Block& block, const BlockWeights& weights, const std::string& tensor);
  void copy_tensor(const TensorInfo& info, const BlockWeights* weights);

  const Job& job_;
  std::vector<std::unique_ptr<SafetensorsSink>> sinks_;
  std::map<std::string, const ModuleFacts*> quantized_;  // by the plain weight's name
  std::set<std::string> done_;
  std::mutex mutex_;
  std::vector<WrittenModule> written_;
  BoundedQueue<Work> queue_{1};
  std::jthread thread_;
};

// The quantized matrices of a fused tensor's slots as one, rows where the checkpoint has them.
QuantizedTensor join_slots(const Block& block, const BlockWeights& weights, const std::string& tensor);

}  // namespace halftone
