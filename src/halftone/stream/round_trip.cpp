#include "halftone/stream/round_trip.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/topk.h>

#include "halftone/base/error.h"
#include "halftone/calib/encode.h"
#include "halftone/calib/probe.h"
#include "halftone/quant/quantized_tensor.h"
#include "halftone/stream/pair_meter.h"
#include "halftone/stream/prefetcher.h"
#include "halftone/stream/scheme_taps.h"
#include "halftone/tensor/device.h"
#include "halftone/tensor/dtype.h"
#include "halftone/text/tokenizer.h"

namespace halftone {
namespace {

constexpr std::int64_t kTokens = 1024;  // of a micro-batch: sums must not depend on the recipe's
constexpr std::size_t kHeadRows = 128;  // positions whose logits are in memory at once, in float64 too

std::vector<std::size_t> indices(std::size_t count) {
  std::vector<std::size_t> all(count);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

// Rows of a batch that predict text, and the last of every sample.
std::vector<std::int64_t> scored_rows(const Batch& batch, const std::vector<Sample>& samples) {
  std::vector<std::int64_t> rows;
  for (std::size_t k = 0; k < batch.samples.size(); ++k) {
    const Sample& sample = samples[batch.samples[k]];
    for (std::size_t t = 0; t < sample.ids.size(); ++t) {
      if (t + 1 == sample.ids.size() || sample.modality[t + 1] == kText)
        rows.push_back(batch.tokens.begin(k) + static_cast<std::int64_t>(t));
    }
  }
  return rows;
}

}  // namespace

Probes encode_probes(FileSystem& files, const Checkpoint& checkpoint, ProbeKind kind) {
  const ModelSpec& spec = checkpoint.spec;
  const ModelGraph& graph = spec.graph;
  const bool chat = kind == ProbeKind::chat;
  std::optional<Tokenizer> tokenizer;
  if (chat) tokenizer = Tokenizer::from_directory(files, checkpoint.directory);
  const EncodeContext context{files,
                              tokenizer ? &*tokenizer : nullptr,
                              spec.chat,
                              spec.images,
                              graph.image_token,
                              graph.vocabulary,
                              graph.max_positions,
                              graph.max_positions};
  const std::vector<DataRecord> records =
      chat ? probe_conversations() : probe_ids(graph.vocabulary, graph.image_token, graph.max_positions);
  Probes probes{kind, {}};
  for (const auto& record : records) probes.samples.push_back(encode_record(context, record));
  return probes;
}

Probes encode_probes(FileSystem& files, const Checkpoint& checkpoint) {
  try {
    return encode_probes(files, checkpoint, ProbeKind::chat);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::input && error.kind() != ErrorKind::unsupported) throw;
    return encode_probes(files, checkpoint, ProbeKind::ids);
  }
}

RoundTrip::RoundTrip(FileSystem& files, const ModelSpec& spec, std::vector<Sample> probes,
                     bool quantizes_inputs, at::Device device, std::function<void()> check)
    : graph_(spec.graph),
      probes_(std::move(probes)),
      stream_(make_stream(spec.graph, spec.images, files, probes_, indices(probes_.size()), kTokens, device)),
      check_(std::move(check)) {
  const std::size_t count = probes_.size();
  const RoundTripResult zeros{std::vector<double>(count), std::vector<std::int64_t>(count),
                              std::vector<double>(count)};
  passes_.assign(quantizes_inputs ? 2 : 1, {ActivationStore(stream_.batches.size()), zeros});
}

void RoundTrip::run(const Block& block, const BlockWeights& weights, const OpsTaps& quantizers) {
  for (auto& pass : passes_) {
    const OpsTaps taps = &pass == &passes_.front() ? OpsTaps{} : quantizers;
    if (block.stage == Stage::head) {
      run_head(block, weights, taps, pass);
      continue;
    }
    walk_block(
        graph_, block, weights, stream_, pass.store, &pass.store, at::kFloat, [&](std::size_t) { return taps; },
        check_);
  }
}

void RoundTrip::run_head(const Block& head, const BlockWeights& weights, const OpsTaps& taps, Pass& pass) {
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < stream_.batches.size(); ++i) {
    const std::vector<std::int64_t> rows = scored_rows(*stream_.batches[i], probes_);
    for (std::size_t first = 0; first < rows.size(); first += kHeadRows) {
      if (check_) check_();
      const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(first);
      const std::vector<std::int64_t> piece(
          begin, begin + static_cast<std::ptrdiff_t>(std::min(kHeadRows, rows.size() - first)));
      score(head_logits(head, weights, pass.store.get(i), piece, at::kFloat, taps), *stream_.batches[i], piece,
            pass.result);
    }
  }
}

void RoundTrip::score(const Tensor& logits, const Batch& batch, const std::vector<std::int64_t>& rows,
                      RoundTripResult& result) const {
  const Tensor log_p = at::log_softmax(logits, -1, at::kDouble);
  std::size_t k = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    while (rows[i] >= batch.tokens.begin(k) + batch.tokens.size(k)) ++k;
    const std::size_t probe = batch.samples[k];
    const auto token = static_cast<std::size_t>(rows[i] - batch.tokens.begin(k)) + 1;
    const auto row = static_cast<std::int64_t>(i);
    if (token < probes_[probe].ids.size()) {
      result.nll[probe] -= log_p[row][probes_[probe].ids[token]].item<double>();
      continue;
    }
    const auto [values, ids] = at::topk(logits[row], 2);
    result.next[probe] = ids[0].item<std::int64_t>();
    result.next_margin[probe] = values[0].item<double>() - values[1].item<double>();
  }
}

bool quantizes_inputs(const std::vector<ModuleFacts>& modules) {
  return std::any_of(modules.begin(), modules.end(),
                     [](const ModuleFacts& m) { return m.scheme && m.scheme->input; });
}

void run_checkpoint(const Checkpoint& checkpoint, RoundTrip& trip, at::Device device) {
  std::vector<LoadOrder> orders;
  for (const auto& block : checkpoint.spec.graph.blocks) orders.push_back({&block, {}});
  Prefetcher prefetcher(checkpoint.source(), orders, device);
  for (const auto& block : checkpoint.spec.graph.blocks) {
    while_computing("running block " + block.name,
                    [&] { trip.run(block, prefetcher.next(), scheme_taps(checkpoint, block)); });
  }
}

BlockWeights dequantized_weights(const Block& block, const BlockWeights& weights, const TensorSource& source) {
  BlockWeights plain = weights;
  for (std::size_t i = 0; i < block.slots.size(); ++i) {
    if (!plain.quantized[i]) continue;
    const DType dtype = source.at(block.slots[i].part.tensor).dtype;
    plain.values[i] = dequantize(*plain.quantized[i], to_scalar_type(dtype));
    plain.quantized[i].reset();
  }
  return plain;
}

}  // namespace halftone
