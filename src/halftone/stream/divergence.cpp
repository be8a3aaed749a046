#include "halftone/stream/divergence.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/log_softmax.h>

#include "halftone/model/flow.h"

namespace halftone {
namespace {

constexpr std::int64_t kRows = 64;  // positions in float64 at once: a vocabulary of 150k takes 77 MB

double sum_of(const Tensor& t) { return t.sum(at::kDouble).item<double>(); }

}  // namespace

Json to_json(const DivergenceResult& r) {
  return {{"kl", r.kl},       {"kl_se", r.kl_se}, {"top1", r.top1}, {"positions", r.positions},
          {"ppl_a", r.ppl_a}, {"ppl_b", r.ppl_b}};
}

ScoredPositions scored_positions(const Sample& sample) {
  ScoredPositions positions;
  for (size_t t = 0; t + 1 < sample.ids.size(); ++t) {
    if (sample.answer[t + 1] != 0) {
      positions.answer.push_back(static_cast<std::int64_t>(t));
    } else if (sample.modality[t] == kText && sample.modality[t + 1] == kText) {
      positions.question.push_back(static_cast<std::int64_t>(t));
    }
  }
  return positions;
}

void DivergenceMeter::add(const Tensor& a, const Tensor& b, const Tensor& targets) {
  double kl = 0;
  for (std::int64_t first = 0; first < a.size(0); first += kRows) {
    const std::int64_t count = std::min(kRows, a.size(0) - first);
    const Tensor log_a = at::log_softmax(a.narrow(0, first, count), -1, at::kDouble);
    const Tensor log_b = at::log_softmax(b.narrow(0, first, count), -1, at::kDouble);
    const Tensor picked = targets.narrow(0, first, count).unsqueeze(1);
    kl += sum_of(log_a.exp() * (log_a - log_b));
    agree_ += sum_of(log_a.argmax(-1).eq(log_b.argmax(-1)));
    nll_a_ -= sum_of(log_a.gather(1, picked));
    nll_b_ -= sum_of(log_b.gather(1, picked));
  }
  samples_.back().first += kl;
  samples_.back().second += a.size(0);
}

DivergenceResult DivergenceMeter::result() const {
  DivergenceResult r;
  double total = 0, spread = 0;
  for (const auto& [kl, count] : samples_) {
    total += kl;
    r.positions += count;
  }
  if (r.positions == 0) return r;
  const auto n = static_cast<double>(r.positions), clusters = static_cast<double>(samples_.size());
  r.kl = total / n;
  // Ratio estimator over samples as clusters.
  for (const auto& [kl, count] : samples_) spread += std::pow(kl - r.kl * static_cast<double>(count), 2);
  r.kl_se = clusters > 1 ? std::sqrt(spread * clusters / (clusters - 1)) / n : 0;
  r.top1 = agree_ / n;
  r.ppl_a = std::exp(nll_a_ / n);
  r.ppl_b = std::exp(nll_b_ / n);
  return r;
}

}  // namespace halftone
