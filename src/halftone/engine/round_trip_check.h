// A run records what its quantized weights say to the probes; whoever opens the output can see that it says the
// same.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "halftone/base/json.h"
#include "halftone/engine/job.h"
#include "halftone/stream/round_trip.h"

namespace halftone {

// Runs the probes along with a job, on the weights as a reader of its outputs will find them.
class RoundTripRecorder {
 public:
  // `job` and `files` must outlive the object. Without `active` nothing is made and nothing runs.
  RoundTripRecorder(FileSystem& files, const Job& job, bool active, const std::function<void()>& check);

  // Every block in order, its weights after quantization, and its activation quantizers.
  void run(const Block& block, const BlockWeights& weights, const OpsTaps& taps);
  // {"probes": "chat" or "ids", "compute": "float32", "nll": [8 numbers], "next": [8 ids]} for the directory of
  // this format, once the head has run, and "nll_quantized_inputs" where a scheme quantizes inputs; null when
  // not active.
  Json record(const Format& format) const;

 private:
  const Job& job_;
  ProbeKind kind_ = ProbeKind::chat;
  std::unique_ptr<RoundTrip> codes_, dequantized_;  // null where no output is of that kind
};

// Runs the probes through a directory and compares with "round_trip" of its quality.json: the same best next
// tokens, save where two logits are within 1e-4, and negative log-likelihoods within one part in 10000; with
// quantized inputs their sum within one part in 20, as far as machines agree (round_trip.h). Without a record
// they must be finite. Returns what was looked at; throws Error with what is wrong.
std::string check_round_trip(FileSystem& files, const Checkpoint& output);

}  // namespace halftone
