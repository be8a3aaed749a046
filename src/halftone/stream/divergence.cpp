#include "halftone/stream/divergence.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/log_softmax.h>
#include <ATen/ops/stack.h>

#include "halftone/model/flow.h"

namespace halftone {
namespace {

constexpr std::int64_t kRows = 64;  // positions in float64 at once: a vocabulary of 150k takes 77 MB

constexpr std::int64_t kSingleBins = 8;

// Standard error of a mean over positions by the ratio estimator, samples as clusters; 0 for one sample.
// `part` picks the sums of a sample, `value` one of them.
double cluster_error(const auto& samples, const auto& part, const auto& value) {
  double total = 0, count = 0, spread = 0;
  for (const auto& sample : samples) {
    total += value(part(sample));
    count += static_cast<double>(part(sample).count);
  }
  const auto clusters = static_cast<double>(samples.size());
  if (clusters < 2 || count == 0) return 0;
  for (const auto& sample : samples) {
    const auto& sums = part(sample);
    spread += std::pow(value(sums) - total / count * static_cast<double>(sums.count), 2);
  }
  return std::sqrt(spread * clusters / (clusters - 1)) / count;
}

}  // namespace

Json to_json(const DivergenceResult& r) {
  return {{"kl", r.kl},       {"kl_se", r.kl_se}, {"top1", r.top1},       {"positions", r.positions},
          {"ppl_a", r.ppl_a}, {"ppl_b", r.ppl_b}, {"top1_se", r.top1_se}, {"nll_se", r.nll_se}};
}

Json to_json(const std::vector<PositionBin>& bins) {
  Json json = Json::array();
  for (const auto& b : bins) {
    if (b.positions == 0) continue;
    json.push_back({{"first", b.first},
                    {"last", b.last},
                    {"kl", b.kl},
                    {"kl_se", b.kl_se},
                    {"top1", b.top1},
                    {"positions", b.positions}});
  }
  return json;
}

std::size_t bin_of(std::int64_t position) {
  if (position < kSingleBins) return static_cast<std::size_t>(position);
  std::size_t octave = 3;
  while (position >> (octave + 1) != 0) ++octave;
  const bool upper = (position >> (octave - 1) & 1) != 0;
  return kSingleBins + 2 * (octave - 3) + (upper ? 1 : 0);
}

std::int64_t first_of_bin(std::size_t bin) {
  if (bin < kSingleBins) return static_cast<std::int64_t>(bin);
  const std::size_t half = bin - kSingleBins;
  return std::int64_t{half % 2 == 0 ? 2 : 3} << (half / 2 + 2);
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

void DivergenceMeter::Sums::add(const Sums& other) {
  kl += other.kl;
  agree += other.agree;
  nll_a += other.nll_a;
  nll_b += other.nll_b;
  count += other.count;
}

void DivergenceMeter::add(const Tensor& a, const Tensor& b, const Tensor& targets) {
  for (std::int64_t first = 0; first < a.size(0); first += kRows) {
    const std::int64_t count = std::min(kRows, a.size(0) - first);
    const Tensor log_a = at::log_softmax(a.narrow(0, first, count), -1, at::kDouble);
    const Tensor log_b = at::log_softmax(b.narrow(0, first, count), -1, at::kDouble);
    const Tensor picked = targets.narrow(0, first, count).unsqueeze(1);
    add_rows(at::stack({(log_a.exp() * (log_a - log_b)).sum(-1),
                        log_a.argmax(-1).eq(log_b.argmax(-1)).to(at::kDouble),
                        log_a.gather(1, picked).squeeze(1).neg(), log_b.gather(1, picked).squeeze(1).neg()},
                       1)
                 .cpu());
  }
}

// Rows of kl, agreement and both negative log-likelihoods, [n, 4] float64.
void DivergenceMeter::add_rows(const Tensor& rows) {
  SampleSums& sample = samples_.back();
  const double* row = rows.const_data_ptr<double>();
  for (std::int64_t i = 0; i < rows.size(0); ++i, row += 4) {
    const std::size_t bin = bin_of(sample.count);
    if (bin >= sample.bins.size()) sample.bins.resize(bin + 1);
    const Sums one{row[0], row[1], row[2], row[3], 1};
    sample.bins[bin].add(one);
    sample.add(one);
  }
}

std::vector<std::pair<double, std::int64_t>> DivergenceMeter::samples() const {
  std::vector<std::pair<double, std::int64_t>> list;
  for (const auto& sample : samples_) list.emplace_back(sample.kl, sample.count);
  return list;
}

DivergenceResult DivergenceMeter::result() const {
  DivergenceResult r;
  Sums total;
  for (const auto& sample : samples_) total.add(sample);
  r.positions = total.count;
  if (r.positions == 0) return r;
  const auto n = static_cast<double>(r.positions);
  const auto all = [](const SampleSums& s) -> const Sums& { return s; };
  r.kl = total.kl / n;
  r.kl_se = cluster_error(samples_, all, [](const Sums& s) { return s.kl; });
  r.top1 = total.agree / n;
  r.top1_se = cluster_error(samples_, all, [](const Sums& s) { return s.agree; });
  r.ppl_a = std::exp(total.nll_a / n);
  r.ppl_b = std::exp(total.nll_b / n);
  r.nll_se = cluster_error(samples_, all, [](const Sums& s) { return s.nll_b - s.nll_a; });
  return r;
}

std::vector<PositionBin> DivergenceMeter::by_position() const {
  std::vector<PositionBin> bins;
  const auto longest = std::max_element(samples_.begin(), samples_.end(), [](const auto& a, const auto& b) {
    return a.bins.size() < b.bins.size();
  });
  for (std::size_t i = 0; longest != samples_.end() && i < longest->bins.size(); ++i) {
    Sums total;
    const auto in_bin = [i](const SampleSums& s) { return i < s.bins.size() ? s.bins[i] : Sums{}; };
    for (const auto& sample : samples_) total.add(in_bin(sample));
    const auto n = static_cast<double>(std::max<std::int64_t>(total.count, 1));
    bins.push_back({first_of_bin(i), first_of_bin(i + 1) - 1, total.kl / n,
                    cluster_error(samples_, in_bin, [](const Sums& s) { return s.kl; }), total.agree / n,
                    total.count});
  }
  return bins;
}

}  // namespace halftone
