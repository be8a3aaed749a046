// What a model says to the fixed probes: the same numbers must come from the weights that a run has in memory
// and from the directory that it wrote.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "halftone/calib/activation_store.h"
#include "halftone/calib/sample.h"
#include "halftone/io/file.h"
#include "halftone/model/ops.h"
#include "halftone/stream/checkpoint.h"
#include "halftone/stream/walker.h"

namespace halftone {

// How the probes became samples.
enum class ProbeKind {
  chat,  // conversations, some with pictures, in the family's chat format
  ids,   // ready ids: there is no tokenizer, or the conversations do not fit the model
};

struct Probes {
  ProbeKind kind = ProbeKind::chat;
  std::vector<Sample> samples;  // kProbes of them
};

// Encodes the probes for a model. Throws Error(input or unsupported) when its tokenizer or its limits do not
// let the conversations pass.
Probes encode_probes(FileSystem& files, const Checkpoint& checkpoint, ProbeKind kind);
// Conversations where they can be encoded, else ready ids.
Probes encode_probes(FileSystem& files, const Checkpoint& checkpoint);

// One entry a probe.
struct RoundTripResult {
  std::vector<double> nll;          // -log p of its text tokens but the first, in nats, summed in float64
  std::vector<std::int64_t> next;   // the best token behind its last one
  std::vector<double> next_margin;  // logit of the best token less that of the second best
};

// Runs the probes block by block, always in float32, packed the same way everywhere: once as they are, which
// another machine repeats to some 1e-7, and once with quantized inputs where there are such, which it does not:
// a last bit that differs moves an input to the next code, and a few layers make rounding noise of that.
class RoundTrip {
 public:
  // References must outlive the object. `check` may be empty; it throws to stop.
  RoundTrip(FileSystem& files, const ModelSpec& spec, std::vector<Sample> probes, bool quantizes_inputs,
            at::Device device, std::function<void()> check);
  RoundTrip(const RoundTrip&) = delete;
  RoundTrip& operator=(const RoundTrip&) = delete;

  // The graph's blocks in order, the head last. `quantizers`: the block's activation quantizers.
  void run(const Block& block, const BlockWeights& weights, const OpsTaps& quantizers);
  // Valid once the head has run.
  const RoundTripResult& result() const { return passes_[0].result; }
  // The same with quantized inputs; null where none are.
  const RoundTripResult* with_quantized_inputs() const {
    return passes_.size() > 1 ? &passes_[1].result : nullptr;
  }

 private:
  struct Pass {
    ActivationStore store;
    RoundTripResult result;
  };
  void run_head(const Block& head, const BlockWeights& weights, const OpsTaps& taps, Pass& pass);
  void score(const Tensor& logits, const Batch& batch, const std::vector<std::int64_t>& rows,
             RoundTripResult& result) const;

  const ModelGraph& graph_;
  std::vector<Sample> probes_;
  SampleStream stream_;
  std::vector<Pass> passes_;
  std::function<void()> check_;
};

// Whether a scheme of these modules quantizes what enters them.
bool quantizes_inputs(const std::vector<ModuleFacts>& modules);

// Streams the probes through a whole checkpoint, one block in memory and one read ahead. `trip` is made for it.
void run_checkpoint(const Checkpoint& checkpoint, RoundTrip& trip, at::Device device);

// The weights as a reader finds them whose file holds them dequantized, each in the type that `source` has for
// it.
BlockWeights dequantized_weights(const Block& block, const BlockWeights& weights, const TensorSource& source);

}  // namespace halftone
