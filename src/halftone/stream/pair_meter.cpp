#include "halftone/stream/pair_meter.h"

#include <algorithm>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>

namespace halftone {
namespace {

constexpr std::size_t kHeadRows = 256;  // positions whose logits are in memory at once

// Sum of squares of the rows of x whose modality is `modality`; all rows when modalities are undefined.
double power(const Tensor& x, const Tensor& rows) {
  return x.to(at::kFloat).square().sum(-1).mul(rows).sum(at::kDouble).item<double>();
}

double ratio(double a, double b) { return b > 0 ? a / b : 0; }

}  // namespace

Json to_json(const PairResult& r) {
  Json json = to_json(r.answer);
  json["question"] = to_json(r.question);
  json["samples"] = r.samples;
  json["by_sample"] = Json::array();
  for (const auto& [kl, positions] : r.by_sample)
    json["by_sample"].push_back({{"kl_sum", kl}, {"positions", positions}});
  json["by_position"] = {{"answer", to_json(r.answer_positions)}, {"question", to_json(r.question_positions)}};
  return json;
}

PairMeter::PairMeter(const ModelGraph& graph, SampleStream stream, at::ScalarType compute,
                     std::function<void()> check)
    : graph_(graph),
      stream_(std::move(stream)),
      compute_(compute),
      check_(std::move(check)),
      a_(stream_.batches.size()),
      b_(stream_.batches.size()) {}

void PairMeter::run_a(const Block& block, const BlockWeights& weights, const OpsTaps& taps) {
  if (block.stage == Stage::head) return;
  walk_block(
      graph_, block, weights, stream_, a_, &a_, compute_, [&](std::size_t) { return taps; }, check_);
}

HiddenError PairMeter::run_b(const Block& block, const BlockWeights& weights, const OpsTaps& taps) {
  walk_block(
      graph_, block, weights, stream_, b_, &b_, compute_, [&](std::size_t) { return taps; }, check_);
  return compare(block);
}

HiddenError PairMeter::compare(const Block& block) const {
  double error[2] = {0, 0}, size[2] = {0, 0};
  for (std::size_t i = 0; i < stream_.batches.size(); ++i) {
    const Batch& batch = *stream_.batches[i];
    if (!block_runs(block, batch)) continue;
    const Tensor &a = a_.get(i), difference = b_.get(i) - a;
    const bool tokens = block.stage == Stage::language;
    const Tensor vision =
        tokens ? batch.modality.to(at::kFloat) : at::ones({a.size(0)}, a.options().dtype(at::kFloat));
    const Tensor of[2] = {1 - vision, vision};
    for (int m = 0; m < 2; ++m) {
      error[m] += power(difference, of[m]);
      size[m] += power(a, of[m]);
    }
  }
  return {ratio(error[kText], size[kText]), ratio(error[kVision], size[kVision])};
}

void PairMeter::run_head(const Block& block, const BlockWeights& a, const BlockWeights& b,
                         const OpsTaps& taps_a, const OpsTaps& taps_b) {
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < stream_.batches.size(); ++i) {
    const Batch& batch = *stream_.batches[i];
    for (std::size_t k = 0; k < batch.samples.size(); ++k) {
      if (check_) check_();
      const Sample& sample = (*stream_.samples)[batch.samples[k]];
      const std::int64_t first = batch.tokens.begin(k), count = batch.tokens.size(k);
      const Tensor hidden[2] = {a_.get(i).narrow(0, first, count), b_.get(i).narrow(0, first, count)};
      const ScoredPositions scored = scored_positions(sample);
      score(block, {&a, &b}, hidden, {&taps_a, &taps_b}, sample, scored.answer, answer_);
      score(block, {&a, &b}, hidden, {&taps_a, &taps_b}, sample, scored.question, question_);
    }
  }
}

void PairMeter::score(const Block& block, const BlockWeights* const (&weights)[2], const Tensor (&hidden)[2],
                      const OpsTaps* const (&taps)[2], const Sample& sample,
                      const std::vector<std::int64_t>& positions, DivergenceMeter& meter) const {
  meter.open_sample();
  for (std::size_t first = 0; first < positions.size(); first += kHeadRows) {
    const auto begin = positions.begin() + static_cast<std::ptrdiff_t>(first);
    const std::vector<std::int64_t> piece(
        begin, begin + static_cast<std::ptrdiff_t>(std::min(kHeadRows, positions.size() - first)));
    std::vector<std::int64_t> targets;
    for (const std::int64_t t : piece) targets.push_back(sample.ids[static_cast<std::size_t>(t + 1)]);
    meter.add(head_logits(block, *weights[0], hidden[0], piece, compute_, *taps[0]),
              head_logits(block, *weights[1], hidden[1], piece, compute_, *taps[1]),
              at::tensor(targets, at::kLong).to(stream_.device));
  }
}

PairResult PairMeter::result() const {
  PairResult r{answer_.result(),  question_.result(),    {},
               answer_.samples(), answer_.by_position(), question_.by_position()};
  for (const auto& batch : stream_.batches) {
    for (const std::size_t index : batch->samples) r.samples.push_back((*stream_.samples)[index].id);
  }
  return r;
}

Tensor head_logits(const Block& head, const BlockWeights& weights, const Tensor& hidden,
                   const std::vector<std::int64_t>& positions, at::ScalarType compute, const OpsTaps& taps) {
  Ops ops(head, weights, compute, taps);
  const Tensor rows = hidden.index_select(0, at::tensor(positions, at::kLong).to(hidden.device()));
  return run_block(head, ops, {rows, nullptr, {}}).hidden;
}

}  // namespace halftone
