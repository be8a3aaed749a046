// Two models side by side on the same samples, block by block: how far hidden states and predictions are apart.
// The models are called a and b; mostly a is the float one.
#pragma once

#include <functional>
#include <vector>

#include "halftone/base/json.h"
#include "halftone/calib/activation_store.h"
#include "halftone/model/ops.h"
#include "halftone/stream/divergence.h"
#include "halftone/stream/walker.h"

namespace halftone {

// Squared error of hidden states relative to their power, by modality of the row.
struct HiddenError {
  double text = 0, vision = 0;
};

struct PairResult {
  DivergenceResult answer, question;
  std::vector<std::string> samples;  // their ids
  // Parallel to samples: sum of the KL over its answer positions, and their number.
  std::vector<std::pair<double, std::int64_t>> by_sample;
  std::vector<PositionBin> answer_positions = {}, question_positions = {};
};
Json to_json(const PairResult& result);

class PairMeter {
 public:
  // `graph` must outlive the meter; both models have it.
  PairMeter(const ModelGraph& graph, SampleStream stream, at::ScalarType compute, std::function<void()> check);
  bool active() const { return !stream_.batches.empty(); }

  // The block as it is in a, then as it is in b; the second gives how far the two are apart behind it. The head
  // is left to run_head().
  void run_a(const Block& block, const BlockWeights& weights, const OpsTaps& taps = {});
  HiddenError run_b(const Block& block, const BlockWeights& weights, const OpsTaps& taps = {});
  // The head, on scored positions only, under both models.
  void run_head(const Block& block, const BlockWeights& a, const BlockWeights& b, const OpsTaps& taps_a,
                const OpsTaps& taps_b);
  PairResult result() const;

 private:
  HiddenError compare(const Block& block) const;
  void score(const Block& block, const BlockWeights* const (&weights)[2], const Tensor (&hidden)[2],
             const OpsTaps* const (&taps)[2], const Sample& sample, const std::vector<std::int64_t>& positions,
             DivergenceMeter& meter) const;
  const ModelGraph& graph_;
  SampleStream stream_;
  at::ScalarType compute_;
  std::function<void()> check_;
  ActivationStore a_, b_;
  DivergenceMeter answer_, question_;
};

// Logits of the rows `positions` of one sample whose last hidden states are `hidden` [tokens, dim].
Tensor head_logits(const Block& head, const BlockWeights& weights, const Tensor& hidden,
                   const std::vector<std::int64_t>& positions, at::ScalarType compute, const OpsTaps& taps);

}  // namespace halftone
