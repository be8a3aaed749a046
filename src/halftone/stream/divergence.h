// How far two models' predictions are apart on the same tokens.
#pragma once

#include <cstdint>
#include <vector>

#include "halftone/base/json.h"
#include "halftone/calib/sample.h"
#include "halftone/tensor/tensor.h"

namespace halftone {

// Teacher-forced on the samples' own tokens: KL(a || b) in nats, in float64.
struct DivergenceResult {
  double kl = 0;     // mean over positions
  double kl_se = 0;  // its standard error, samples as clusters
  double top1 = 0;   // share of positions with the same best token
  std::int64_t positions = 0;
  double ppl_a = 0, ppl_b = 0;  // perplexity of the samples' own tokens
};
Json to_json(const DivergenceResult& result);

// Position t predicts token t + 1. `answer`: that token is one the model is to say. `question`: it is any other
// text, and neither it nor the position before it is a picture's.
struct ScoredPositions {
  std::vector<std::int64_t> answer, question;  // rows of the sample
};
ScoredPositions scored_positions(const Sample& sample);

class DivergenceMeter {
 public:
  // What is added from here on belongs to the next sample.
  void open_sample() { samples_.emplace_back(0.0, 0); }
  // Logits [n, vocabulary] of positions of the open sample under both models, and the tokens that came, [n]
  // int64.
  void add(const Tensor& a, const Tensor& b, const Tensor& targets);
  DivergenceResult result() const;
  // Per sample: sum of KL, number of positions.
  const std::vector<std::pair<double, std::int64_t>>& samples() const { return samples_; }

 private:
  std::vector<std::pair<double, std::int64_t>> samples_;
  double agree_ = 0, nll_a_ = 0, nll_b_ = 0;
};

}  // namespace halftone
