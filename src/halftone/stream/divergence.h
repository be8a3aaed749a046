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
  double top1_se = 0;           // standard error of top1, samples as clusters
  double nll_se = 0;            // of ln(ppl_b / ppl_a): the same tokens under both, samples as clusters
};
Json to_json(const DivergenceResult& result);

// The scored positions of a sample are counted from 0. Up to the eighth each has a bin of its own; from there
// bins are half octaves: 8-11, 12-15, 16-23, 24-31, 32-47, ...
struct PositionBin {
  std::int64_t first = 0, last = 0;  // both inside
  double kl = 0, kl_se = 0, top1 = 0;
  std::int64_t positions = 0;
};
// The bin of a position, and the first position of a bin.
std::size_t bin_of(std::int64_t position);
std::int64_t first_of_bin(std::size_t bin);
// One object a bin, in order; bins without positions are left out.
Json to_json(const std::vector<PositionBin>& bins);

// Position t predicts token t + 1. `answer`: that token is one the model is to say. `question`: it is any other
// text, and neither it nor the position before it is a picture's.
struct ScoredPositions {
  std::vector<std::int64_t> answer, question;  // rows of the sample
};
ScoredPositions scored_positions(const Sample& sample);

class DivergenceMeter {
 public:
  // What is added from here on belongs to the next sample.
  void open_sample() { samples_.emplace_back(); }
  // Logits [n, vocabulary] of the next positions of the open sample under both models, and the tokens that
  // came, [n] int64.
  void add(const Tensor& a, const Tensor& b, const Tensor& targets);
  DivergenceResult result() const;
  // Per sample: sum of KL, number of positions.
  std::vector<std::pair<double, std::int64_t>> samples() const;
  // By place in the sample, all bins up to the last one that holds a position.
  std::vector<PositionBin> by_position() const;

 private:
  struct Sums {
    double kl = 0, agree = 0, nll_a = 0, nll_b = 0;
    std::int64_t count = 0;
    void add(const Sums& other);
  };
  struct SampleSums : Sums {
    std::vector<Sums> bins;
  };
  void add_rows(const Tensor& rows);
  std::vector<SampleSums> samples_;
};

}  // namespace halftone
