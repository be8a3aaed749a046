#include "halftone/eval/runner.h"

#include <algorithm>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/tensor.h>

#include "halftone/base/error.h"
#include "halftone/eval/stop_ids.h"
#include "halftone/media/decode.h"
#include "halftone/stream/pair_meter.h"
#include "halftone/tensor/memory.h"

namespace halftone {
namespace {

constexpr std::int64_t kLeastReserve = 64 << 20;  // for activations, keys and values
constexpr std::size_t kHeadRows = 256;            // positions whose logits are in memory at once

GenerateOptions generate_options(FileSystem& files, const Checkpoint& checkpoint, const Tokenizer& tokenizer,
                                 const RunnerOptions& options) {
  GenerateOptions out;
  out.stop = stop_ids(files, checkpoint.directory, checkpoint.config, checkpoint.spec.chat, tokenizer);
  out.batch = options.batch;
  out.compute = options.compute;
  out.device = options.device;
  out.check = options.check;
  return out;
}

std::string cut(std::string text, const std::vector<std::string>& until) {
  for (const auto& stop : until) {
    if (!stop.empty()) text = text.substr(0, text.find(stop));
  }
  return text;
}

// What a row's own fault is; anything else passes.
std::string row_fault(const Error& error) {
  if (error.kind() != ErrorKind::input && error.kind() != ErrorKind::unsupported) throw error;
  return error.message();
}

std::int64_t megabytes(std::int64_t bytes) { return (bytes + (1 << 20) - 1) >> 20; }

}  // namespace

std::int64_t weight_budget(const Checkpoint& checkpoint, at::ScalarType compute, std::int64_t ram,
                           std::int64_t resident) {
  if (ram <= 0) return -1;
  const auto number = static_cast<std::int64_t>(c10::elementSize(compute));
  std::int64_t all = 0, largest = 0;
  for (const auto& block : checkpoint.spec.graph.blocks) {
    std::int64_t bytes = 0;
    for (const auto& slot : block.slots) {
      std::int64_t slot_bytes = number;
      for (const std::int64_t n : slot.shape) slot_bytes *= n;
      if (!slot.lookup) bytes += slot_bytes;
      all += slot_bytes;
    }
    largest = std::max(largest, bytes);
  }
  const std::int64_t free = ram - resident, reserve = std::max(kLeastReserve, free / 4);
  if (all + largest + reserve <= free) return -1;
  // One block in use, one read ahead, one on its way from its file's type.
  const std::int64_t rest = free - reserve - 3 * largest;
  require(rest >= 0, ErrorKind::resource, "--ram of {} MiB is too little for this model: give at least {} MiB",
          ram >> 20, megabytes(resident + std::max(kLeastReserve + 3 * largest, 4 * largest)));
  return rest;
}

ModelRunner::ModelRunner(FileSystem& files, const Checkpoint& checkpoint, RunnerOptions options)
    : files_(files),
      checkpoint_(checkpoint),
      options_(std::move(options)),
      tokenizer_(Tokenizer::from_directory(files, checkpoint.directory)),
      images_(checkpoint.spec.images),
      weights_(checkpoint, options_.compute, options_.device,
               weight_budget(checkpoint, options_.compute, options_.ram, resident_bytes())),
      generator_(files, checkpoint, weights_, generate_options(files, checkpoint, tokenizer_, options_)) {}

void ModelRunner::set_picture_limits(const TaskSettings& settings) {
  images_ = checkpoint_.spec.images;
  if (auto* grid = std::get_if<PatchGridPolicy>(&images_)) {
    if (settings.min_pixels) grid->min_pixels = *settings.min_pixels;
    if (settings.max_pixels) grid->max_pixels = *settings.max_pixels;
  }
  auto* tiles = std::get_if<TilePolicy>(&images_);
  if (tiles && settings.max_tiles) tiles->max_tiles = static_cast<int>(*settings.max_tiles);
  check_policy(images_, fmt::format("profile {}", settings.profile));
}

Sample ModelRunner::encode(const Prompt& prompt) const {
  const ModelGraph& graph = checkpoint_.spec.graph;
  DataRecord record;
  record.id = prompt.id;
  record.origin = prompt.origin;
  record.turns = prompt.turns;
  record.text = prompt.text;
  record.pictures = prompt.pictures;
  const EncodeContext context{files_,
                              &tokenizer_,
                              checkpoint_.spec.chat,
                              images_,
                              graph.image_token,
                              graph.vocabulary,
                              graph.max_positions,
                              INT64_MAX};
  Sample sample = encode_record(context, record);
  // A picture that is broken behind its header must not stop the samples that run with it.
  for (const auto& picture : sample.pictures) decode_image(picture.load(files_), picture.origin);
  return sample;
}

Answer ModelRunner::answer(const Prompt& prompt, const Sample& sample, const Generated& generated) const {
  Answer answer;
  answer.text = cut(tokenizer_.decode(generated.ids, /*skip_special_tokens=*/true), prompt.until);
  answer.ids = generated.ids;
  answer.prompt_tokens = static_cast<std::int64_t>(sample.ids.size());
  answer.finish = generated.stopped ? Finish::stop : Finish::length;
  return answer;
}

void ModelRunner::generate_each(std::span<const Prompt> prompts,
                                const std::function<void(std::size_t, Answer)>& done) {
  std::vector<Sample> samples;
  std::vector<std::int64_t> limits;
  std::vector<std::size_t> place;  // of each sample among the prompts
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    if (options_.check) options_.check();
    try {
      samples.push_back(encode(prompts[i]));
    } catch (const Error& error) {
      Answer failed;
      failed.error = row_fault(error);
      done(i, failed);
      continue;
    }
    limits.push_back(prompts[i].max_new_tokens);
    place.push_back(i);
  }
  generator_.run(samples, images_, limits, [&](std::size_t sample, const Generated& generated) {
    done(place[sample], answer(prompts[place[sample]], samples[sample], generated));
  });
}

std::vector<Answer> ModelRunner::generate(std::span<const Prompt> prompts) {
  std::vector<Answer> answers(prompts.size());
  generate_each(prompts, [&](std::size_t i, Answer answer) { answers[i] = std::move(answer); });
  return answers;
}

std::vector<Likelihood> ModelRunner::log_likelihood(std::span<const Prompt> prompts) {
  const at::NoGradGuard no_grad;
  const ModelGraph& graph = checkpoint_.spec.graph;
  std::vector<Likelihood> out(prompts.size());
  std::vector<Sample> samples;
  std::vector<std::size_t> place, which;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    try {
      samples.push_back(encode(prompts[i]));
    } catch (const Error& error) {
      out[i].error = row_fault(error);
      continue;
    }
    which.push_back(place.size());
    place.push_back(i);
  }
  const SampleStream stream = make_stream(graph, images_, files_, samples, which, 4096, options_.device);
  ActivationStore store(stream.batches.size());
  weights_.visit(0, graph.blocks.size(),
                 [&](const Block& block, const BlockWeights& weights, const OpsTaps& taps) {
                   if (block.stage == Stage::head)
                     return score(block, weights, taps, stream, store, place, out);
                   walk_block(
                       graph, block, weights, stream, store, &store, options_.compute,
                       [&](std::size_t) { return taps; }, options_.check);
                 });
  return out;
}

void ModelRunner::score(const Block& head, const BlockWeights& weights, const OpsTaps& taps,
                        const SampleStream& stream, const ActivationStore& store,
                        const std::vector<std::size_t>& place, std::vector<Likelihood>& out) {
  for (std::size_t b = 0; b < stream.batches.size(); ++b) {
    const Batch& batch = *stream.batches[b];
    for (std::size_t k = 0; k < batch.samples.size(); ++k) {
      const Sample& sample = (*stream.samples)[batch.samples[k]];
      Likelihood& result = out[place[batch.samples[k]]];
      const Tensor hidden = store.get(b).narrow(0, batch.tokens.begin(k), batch.tokens.size(k));
      const std::vector<std::int64_t> positions = scored_positions(sample).answer;
      for (std::size_t first = 0; first < positions.size(); first += kHeadRows) {
        const std::size_t last = std::min(first + kHeadRows, positions.size());
        const std::vector<std::int64_t> rows(positions.begin() + static_cast<std::ptrdiff_t>(first),
                                             positions.begin() + static_cast<std::ptrdiff_t>(last));
        std::vector<std::int64_t> targets;
        for (const std::int64_t t : rows) targets.push_back(sample.ids[static_cast<std::size_t>(t + 1)]);
        const Tensor logits = head_logits(head, weights, hidden, rows, options_.compute, taps);
        const Tensor wanted = at::tensor(targets, at::kLong).to(logits.device()).unsqueeze(1);
        result.nll -= at::log_softmax(logits.to(at::kDouble), -1).gather(1, wanted).sum().item<double>();
        result.tokens += static_cast<std::int64_t>(rows.size());
      }
    }
  }
}

}  // namespace halftone
