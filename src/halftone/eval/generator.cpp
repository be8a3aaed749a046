#include "halftone/eval/generator.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/max.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "halftone/base/clock.h"
#include "halftone/base/error.h"

namespace halftone {
namespace {

constexpr std::int64_t kExpectedAnswer = 32;  // positions that a sequence makes room for behind its prompt

std::size_t first_token_block(const ModelGraph& graph) {
  const auto found = std::find_if(graph.blocks.begin(), graph.blocks.end(), [](const Block& block) {
    return block.stage == Stage::language || block.stage == Stage::head;
  });
  return static_cast<std::size_t>(found - graph.blocks.begin());
}

// The best token of each row of logits [n, vocabulary] -> [n] int64 on the CPU.
Tensor best_tokens(const Tensor& logits) {
  const auto [largest, token] = at::max(logits, -1);
  require(std::isfinite(largest.sum().item<float>()), ErrorKind::numeric, "the logits are not finite");
  return token.cpu();
}

// The last row of each span.
Tensor last_rows(const Spans& spans, at::Device device) {
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < spans.count(); ++i) rows.push_back(spans.begin(i) + spans.size(i) - 1);
  return at::tensor(rows, at::kLong).to(device);
}

}  // namespace

Generator::Generator(FileSystem& files, const Checkpoint& checkpoint, WeightStore& weights,
                     GenerateOptions options)
    : files_(files),
      checkpoint_(checkpoint),
      graph_(checkpoint.spec.graph),
      weights_(weights),
      options_(std::move(options)),
      embed_(first_token_block(graph_)) {}

void Generator::run(const std::vector<Sample>& samples, const ImagePolicy& images,
                    const std::vector<std::int64_t>& limits, const Done& done) {
  const at::NoGradGuard no_grad;
  HALFTONE_ASSERT(limits.size() == samples.size() && live_.empty());
  try {
    const auto batch = static_cast<std::size_t>(std::max<std::int64_t>(options_.batch, 1));
    std::size_t next = 0;
    while (next < samples.size() || !live_.empty()) {
      if (options_.check) options_.check();
      // Prompts run together: places are filled when half of them are free.
      if (next < samples.size() && live_.size() <= batch / 2) {
        std::vector<std::size_t> which(std::min(batch - live_.size(), samples.size() - next));
        std::iota(which.begin(), which.end(), next);
        next += which.size();
        admit(samples, images, which, limits, done);
      } else {
        const Stopwatch watch;
        const Tensor tokens = step();
        times_.decode += watch.seconds();
        take(0, tokens, done);
      }
    }
  } catch (...) {
    drop_all();
    throw;
  }
}

void Generator::admit(const std::vector<Sample>& samples, const ImagePolicy& images,
                      const std::vector<std::size_t>& which, const std::vector<std::int64_t>& limits,
                      const Done& done) {
  const Stopwatch watch;
  const SampleStream stream =
      make_stream(graph_, images, files_, samples, which, options_.prefill_tokens, options_.device);
  const std::size_t first = live_.size();
  for (const auto& batch : stream.batches) {
    const Tensor positions = batch->positions.cpu();
    axes_ = positions.size(0);
    for (std::size_t i = 0; i < batch->samples.size(); ++i) {
      const std::int64_t length = batch->tokens.size(i);
      const auto last = positions.narrow(1, batch->tokens.begin(i), length).max().item<std::int64_t>();
      const std::size_t sample = batch->samples[i];
      const std::int64_t limit = std::max<std::int64_t>(limits[sample], 1);
      const std::int64_t room = std::min(limit, graph_.max_positions - length + 1);
      live_.push_back({sample, cache_.open(length + std::min(room, kExpectedAnswer)), 0, last, room, {}});
      times_.prompt_tokens += length;
    }
  }
  const Tensor tokens = prefill(stream, first);
  times_.prefill += watch.seconds();
  take(first, tokens, done);
}

// The first token of each sample of the stream, which are the live ones from `first` on. Blocks outside,
// batches inside: a block is read once for all of them.
Tensor Generator::prefill(const SampleStream& stream, std::size_t first) {
  ActivationStore store(stream.batches.size());
  std::vector<Tensor> tokens;
  weights_.visit(
      0, graph_.blocks.size(), [&](const Block& block, const BlockWeights& weights, const OpsTaps& taps) {
        std::size_t at = first;
        const auto taps_of = [&](std::size_t batch) {
          std::vector<int> sequences;
          for (std::size_t i = 0; i < stream.batches[batch]->samples.size(); ++i)
            sequences.push_back(live_[at + i].sequence);
          return cache_.taps(taps, sequences);
        };
        for (std::size_t batch = 0; batch < stream.batches.size(); ++batch) {
          const Batch& packed = *stream.batches[batch];
          if (options_.check) options_.check();
          if (block.stage == Stage::head) {
            Ops ops(block, weights, options_.compute, taps);
            const Tensor rows = store.get(batch).index_select(0, last_rows(packed.tokens, options_.device));
            tokens.push_back(best_tokens(run_block(block, ops, {rows, nullptr, {}}).hidden));
          } else if (block_runs(block, packed)) {
            Ops ops(block, weights, options_.compute, taps_of(batch));
            store.put(batch, run_block(block, ops, enter_block(graph_, block, stream, batch, store)).hidden);
          }
          at += packed.samples.size();
        }
      });
  return at::cat(tokens);
}

// One token more for every live sample.
Tensor Generator::step() {
  auto batch = std::make_shared<Batch>();
  std::vector<std::int64_t> ids, positions;
  std::vector<int> sequences;
  for (const auto& row : live_) {
    batch->samples.push_back(row.sample);
    batch->tokens.add(1);
    ids.push_back(row.last);
    positions.push_back(row.position);
    sequences.push_back(row.sequence);
  }
  const auto count = static_cast<std::int64_t>(live_.size());
  batch->ids = at::tensor(ids, at::kLong).to(options_.device);
  batch->positions = at::tensor(positions, at::kLong).to(options_.device).expand({axes_, count});
  batch->modality = at::zeros({count}, at::TensorOptions(at::kByte).device(options_.device));
  Flow flow{{}, batch, {}};
  weights_.visit(embed_, graph_.blocks.size(),
                 [&](const Block& block, const BlockWeights& weights, const OpsTaps& taps) {
                   Ops ops(block, weights, options_.compute, cache_.taps(taps, sequences));
                   flow = run_block(block, ops, std::move(flow));
                 });
  ++times_.steps;
  return best_tokens(flow.hidden);
}

// Adds one token to each live sample from `first` on; those that are done leave.
void Generator::take(std::size_t first, const Tensor& tokens, const Done& done) {
  const std::int64_t* token = tokens.const_data_ptr<std::int64_t>();
  const auto begin = live_.begin() + static_cast<std::ptrdiff_t>(first);
  for (auto row = begin; row != live_.end(); ++row) {
    row->last = *token++;
    ++row->position;
    --row->room;
    row->result.stopped = options_.stop.contains(row->last);
    if (!row->result.stopped) row->result.ids.push_back(row->last);
    ++times_.new_tokens;
  }
  const auto leaves = std::stable_partition(
      begin, live_.end(), [](const Live& row) { return !row.result.stopped && row.room > 0; });
  std::vector<Live> ended(std::make_move_iterator(leaves), std::make_move_iterator(live_.end()));
  live_.erase(leaves, live_.end());
  for (const auto& row : ended) cache_.close(row.sequence);
  for (auto& row : ended) done(row.sample, std::move(row.result));
}

void Generator::drop_all() {
  for (const auto& row : live_) cache_.close(row.sequence);
  live_.clear();
}

}  // namespace halftone
