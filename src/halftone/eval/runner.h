// The seam that tasks run models through, over one checkpoint.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "halftone/calib/encode.h"
#include "halftone/eval/generator.h"
#include "halftone/eval/weight_store.h"
#include "halftone/plugin/task.h"
#include "halftone/text/tokenizer.h"

namespace halftone {

struct RunnerOptions {
  std::int64_t batch = 16;
  std::int64_t ram = 0;  // bytes that the process may take; 0: weights stay in memory whatever they take
  at::ScalarType compute = at::kFloat;
  at::Device device = at::kCPU;
  std::function<void()> check;
};

class ModelRunner final : public Runner {
 public:
  // Loads what fits. References must outlive the object. Throws Error(resource) when not even one block fits,
  // naming the smallest --ram that would.
  ModelRunner(FileSystem& files, const Checkpoint& checkpoint, RunnerOptions options);

  // Limits of a profile for the pictures of the prompts that follow; those that it leaves out are the model's
  // own. Limits that the model's way with pictures does not know are ignored.
  void set_picture_limits(const TaskSettings& settings);

  std::vector<Answer> generate(std::span<const Prompt> prompts) override;
  std::vector<Likelihood> log_likelihood(std::span<const Prompt> prompts) override;
  // As generate(); each answer is handed over when it ends.
  void generate_each(std::span<const Prompt> prompts, const std::function<void(std::size_t, Answer)>& done);

  const GenerateTimes& times() const { return generator_.times(); }
  bool streams() const { return !weights_.whole(); }

 private:
  Sample encode(const Prompt& prompt) const;
  Answer answer(const Prompt& prompt, const Sample& sample, const Generated& generated) const;
  void score(const Block& head, const BlockWeights& weights, const OpsTaps& taps, const SampleStream& stream,
             const ActivationStore& store, const std::vector<std::size_t>& place, std::vector<Likelihood>& out);

  FileSystem& files_;
  const Checkpoint& checkpoint_;
  RunnerOptions options_;
  Tokenizer tokenizer_;
  ImagePolicy images_;
  WeightStore weights_;
  Generator generator_;
};

// Bytes for weights out of a promise of `ram` bytes: -1 when all fit. Throws Error(resource) as above.
std::int64_t weight_budget(const Checkpoint& checkpoint, at::ScalarType compute, std::int64_t ram,
                           std::int64_t resident);

}  // namespace halftone
