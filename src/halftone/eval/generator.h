// Greedy decoding of many samples at once: prompts run packed, never padded; each sample leaves the batch when
// it is done and another takes its place.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "halftone/calib/sample.h"
#include "halftone/eval/kv_cache.h"
#include "halftone/eval/weight_store.h"
#include "halftone/io/file.h"
#include "halftone/stream/walker.h"

namespace halftone {

struct GenerateOptions {
  std::set<std::int64_t> stop;         // ids that end an answer
  std::int64_t batch = 16;             // samples that are decoded together, at least 1
  std::int64_t prefill_tokens = 4096;  // prompt tokens that run through a block at once
  at::ScalarType compute = at::kFloat;
  at::Device device = at::kCPU;
  std::function<void()> check;  // called before each step; throws to stop
};

struct Generated {
  std::vector<std::int64_t> ids;  // without the stop id
  bool stopped = false;           // false: it ran to its limit
};

// Where the time went.
struct GenerateTimes {
  double prefill = 0, decode = 0;  // seconds
  std::int64_t prompt_tokens = 0, new_tokens = 0, steps = 0;
};

class Generator {
 public:
  // References must outlive the object.
  Generator(FileSystem& files, const Checkpoint& checkpoint, WeightStore& weights, GenerateOptions options);

  // Continues every sample by at most limits[i] tokens, at least 1, and never past the model's positions.
  // `done` is called once a sample, in the order in which they end. Ties between tokens go to the first. Throws
  // Error(input) for a picture that does not decode, Error(numeric) when logits are not finite.
  void run(const std::vector<Sample>& samples, const ImagePolicy& images,
           const std::vector<std::int64_t>& limits,
           const std::function<void(std::size_t sample, Generated)>& done);

  const GenerateTimes& times() const { return times_; }

 private:
  // A sample that is being continued.
  struct Live {
    std::size_t sample;
    int sequence;
    std::int64_t last, position, room;  // token to feed, its position, tokens that may still come
    Generated result;
  };
  using Done = std::function<void(std::size_t sample, Generated)>;

  void admit(const std::vector<Sample>& samples, const ImagePolicy& images,
             const std::vector<std::size_t>& which, const std::vector<std::int64_t>& limits, const Done& done);
  Tensor prefill(const SampleStream& stream, std::size_t first);
  Tensor step();
  void take(std::size_t first, const Tensor& tokens, const Done& done);
  void drop_all();

  FileSystem& files_;
  const Checkpoint& checkpoint_;
  const ModelGraph& graph_;
  WeightStore& weights_;
  GenerateOptions options_;
  std::size_t embed_ = 0;  // index of the first block that runs for a token
  std::int64_t axes_ = 1;  // of positions
  KvCache cache_;
  std::vector<Live> live_;
  GenerateTimes times_;
};

}  // namespace halftone
