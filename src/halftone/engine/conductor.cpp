#include "halftone/engine/conductor.h"

#include <algorithm>
#include <cmath>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>

#include "halftone/base/error.h"
#include "halftone/calib/identity.h"
#include "halftone/engine/journal.h"
#include "halftone/engine/ledger.h"
#include "halftone/engine/output_directory.h"
#include "halftone/engine/round_trip_check.h"
#include "halftone/engine/turns.h"
#include "halftone/engine/writer.h"
#include "halftone/quant/distortion.h"
#include "halftone/recipe/yaml.h"
#include "halftone/stream/prefetcher.h"
#include "halftone/tensor/device.h"
#include "halftone/tensor/memory.h"

namespace halftone {
namespace {

// Shows what enters the sites to the statistics, each axis once a run.
OpsTaps observing_taps(const Turn& turn, BlockStatistics& statistics, const Batch& batch) {
  OpsTaps taps;
  auto seen = std::make_shared<std::vector<Axis>>();
  const bool tokens = turn.block->stage == Stage::language || turn.block->stage == Stage::head;
  taps.input = [seen, tokens, &statistics, &batch](const Site& site, const Tensor& x) {
    if (std::find(seen->begin(), seen->end(), site.input) != seen->end()) return;
    seen->push_back(site.input);
    const Tensor modality = tokens ? batch.modality : at::full({x.size(0)}, kVision, batch.modality.options());
    for (Statistic* statistic : statistics.on(site.input)) {
      while_doing("observing " + site.name, [&] { statistic->add({x, modality}); });
    }
  };
  return taps;
}

class Conductor {
 public:
  Conductor(FileSystem& files, const Job& job, const std::vector<Sample>& samples, const SampleSplit& split,
            const RunOptions& options, Journal& journal, OutputWriter& writer)
      : job_(job),
        options_(options),
        journal_(journal),
        writer_(writer),
        stream_(make_stream(job.graph(), job.checkpoint->spec.images, files, samples, split.calibration,
                            job.recipe.micro_batch, job.device)),
        store_(stream_.batches.size()),
        quality_(job.graph(),
                 make_stream(job.graph(), job.checkpoint->spec.images, files, samples, split.quality,
                             job.recipe.micro_batch, job.device),
                 job.compute, options.check),
        round_trip_(files, job, quality_.active(), options.check),
        turns_(plan_turns(job, quality_.active())) {}

  void run() {
    Prefetcher prefetcher(job_.checkpoint->source(), load_orders(turns_), job_.device);
    for (std::size_t i = 0; i < turns_.size(); ++i) {
      const Turn& turn = turns_[i];
      if (options_.check) options_.check();
      while_computing(fmt::format("working on block {} ({} of {})", turn.block->name, i + 1, turns_.size()),
                      [&] {
                        BlockWeights weights = turn.loads() ? prefetcher.next() : BlockWeights{};
                        take_turn(turn, weights);
                        writer_.submit(*turn.block, std::move(weights));
                      });
      finish_turn(turn, i);
    }
  }

  void emit(const Record& record) {
    journal_.add(record);
    if (options_.sink) options_.sink(record);
  }

  std::optional<PairResult> quality() const {
    return quality_.active() ? std::optional(quality_.result()) : std::nullopt;
  }
  // What quality.json says in the directory of this format.
  Json quality_json(const Format& format) const {
    if (!quality_.active()) return Json::object();
    Json json = to_json(quality_.result());
    json["round_trip"] = round_trip_.record(format);
    return json;
  }

 private:
  void take_turn(const Turn& turn, BlockWeights& weights) {
    Stopwatch watch;
    BlockStatistics statistics;
    for (const auto& [site, scheme] : turn.sites) check_finite(*turn.block, *site, weights);
    if (turn.observe || (turn.forward && turn.sites.empty())) observe(turn, weights, statistics);
    if (turn.measure) quality_.run_a(*turn.block, weights);
    const BlockWeights before = turn.block->stage == Stage::head ? weights : BlockWeights{};
    quantize(turn, weights, statistics);
    const bool rerun = turn.forward && !turn.sites.empty() && job_.recipe.propagate == Propagate::quantized;
    if (rerun) {
      walk_block(
          job_.graph(), *turn.block, weights, stream_, store_, &store_, job_.compute,
          [&](std::size_t) { return turn.input_quantizers(); }, options_.check);
    }
    block_record_ = {"block", {{"block", turn.block->name}, {"sites", turn.sites.size()}}};
    if (turn.measure) measure(turn, before, weights);
    block_record_.fields["seconds"] = watch.seconds();
    block_record_.fields["peak_bytes"] = peak_resident_bytes();
  }

  // Run 1: float weights. Results are kept only where nothing else makes them.
  void observe(const Turn& turn, const BlockWeights& weights, BlockStatistics& statistics) {
    for (const auto& needs : turn.needs) {
      for (const auto& request : needs.statistics) {
        statistics.obtain(request.site->input, request.key, [&] { return request.make(job_.device); });
      }
    }
    const bool keep = turn.forward && (turn.sites.empty() || job_.recipe.propagate == Propagate::reference);
    walk_block(
        job_.graph(), *turn.block, weights, stream_, store_, keep ? &store_ : nullptr, job_.compute,
        [&](std::size_t batch) {
          OpsTaps taps = observing_taps(turn, statistics, *stream_.batches[batch]);
          if (!keep && !turn.block->sites.empty()) taps.unread = &turn.block->sites.back();
          return taps;
        },
        options_.check);
  }

  void quantize(const Turn& turn, BlockWeights& weights, BlockStatistics& statistics) {
    if (turn.sites.empty()) return;
    std::vector<Record> records;
    BlockSession session(job_.graph(), *turn.block, weights, turn.sites, statistics,
                         static_cast<std::uint64_t>(job_.recipe.calibration.seed),
                         [&](const Record& record) { records.push_back(record); });
    for (std::size_t m = 0; m < job_.methods.size(); ++m) {
      while_computing("applying " + job_.recipe.methods[m].name, [&] { job_.methods[m]->apply(session); });
    }
    for (const auto& [site, scheme] : turn.sites) {
      require(session.is_set(*site), ErrorKind::internal, "no method set {}", site->name);
      emit(site_record(*site, scheme, weights, records));
      release(*turn.block, *site, weights);
    }
  }

  // Before anything is made of the weight: what follows would only name its consequences.
  void check_finite(const Block& block, const Site& site, const BlockWeights& weights) const {
    const auto slot = static_cast<std::size_t>(site.weight);
    const double sum = weights.values[slot].sum(at::kFloat).item<double>();
    if (std::isfinite(sum)) return;
    const TensorInfo& info = job_.checkpoint->source().at(block.slots[slot].part.tensor);
    fail(ErrorKind::input, "{}: tensor \"{}\" holds a number that is not finite", info.place, info.name);
  }

  Record site_record(const Site& site, const Scheme& scheme, const BlockWeights& weights,
                     const std::vector<Record>& more) const {
    const auto slot = static_cast<std::size_t>(site.weight);
    const Distortion d = distortion(weights.values[slot].cpu(), *weights.quantized[slot]);
    Record record{"site",
                  {{"site", site.name},
                   {"scheme", scheme_text(scheme)},
                   {"mse", d.mse},
                   {"sqnr_db", std::isfinite(d.sqnr_db) ? Json(d.sqnr_db) : Json()},
                   {"max_abs", d.max_abs},
                   {"zeroed", d.zeroed}}};
    for (const auto& extra : more) {
      if (extra.fields["site"] == site.name) record.fields.update(extra.fields);
    }
    return record;
  }

  // From here on the codes stand for the matrix.
  static void release(const Block& block, const Site& site, BlockWeights& weights) {
    const auto slot = static_cast<std::size_t>(site.weight);
    weights.values[slot] = Tensor();
    weights.tensors.erase(block.slots[slot].part.tensor);
  }

  void measure(const Turn& turn, const BlockWeights& before, const BlockWeights& weights) {
    round_trip_.run(*turn.block, weights, turn.input_quantizers());
    if (turn.block->stage == Stage::head) {
      quality_.run_head(*turn.block, before, weights, {}, turn.input_quantizers());
      return;
    }
    const HiddenError error = quality_.run_b(*turn.block, weights, turn.input_quantizers());
    block_record_.fields["hidden_error_text"] = error.text;
    block_record_.fields["hidden_error_vision"] = error.vision;
  }

  void finish_turn(const Turn& turn, std::size_t index) {
    for (const auto& written : writer_.take_written()) {
      emit({"written", {{"module", written.module}, {"hash", written.hash}}});
    }
    emit(block_record_);
    release_free_memory();
    if (options_.sink) {
      options_.sink({"progress", {{"block", turn.block->name}, {"done", index + 1}, {"total", turns_.size()}}});
    }
  }

  const Job& job_;
  const RunOptions& options_;
  Journal& journal_;
  OutputWriter& writer_;
  SampleStream stream_;
  ActivationStore store_;
  PairMeter quality_;
  RoundTripRecorder round_trip_;
  std::vector<Turn> turns_;
  Record block_record_;
};

std::vector<std::string> output_names(const Job& job, const std::string& root) {
  if (job.outputs.size() == 1) return {root};
  std::vector<std::string> names;
  for (const auto& output : job.outputs) names.push_back(join_path(root, output.format->name()));
  return names;
}

// Small files, config.json and the records of one output.
void write_small_files(FileSystem& files, const Job& job, const JobOutput& output, const std::string& directory,
                       const Json& quality) {
  copy_side_files(files, job.checkpoint->directory, directory);
  Json config = job.checkpoint->config;
  const Json quantization = output.format->config(job.modules, job.graph().modules);
  if (!quantization.is_null()) config["quantization_config"] = quantization;
  write_file(files, join_path(directory, "config.json"), config.dump(2) + "\n");
  write_file(files, join_path(directory, "recipe.resolved.yaml"), write_yaml(resolved_recipe(job)));
  write_file(files, join_path(directory, "quality.json"), quality.dump(2) + "\n");
}

std::vector<std::string> broken_limits(const Recipe& recipe, const std::optional<PairResult>& quality) {
  std::vector<std::string> broken;
  for (const auto& [name, limit] : recipe.limits) {
    if (!quality || quality->answer.positions == 0) {
      broken.push_back(
          fmt::format("{} was not measured (no answer was kept for quality), its limit is {}", name, limit));
      continue;
    }
    if (name == "kl" && quality->answer.kl > limit)
      broken.push_back(fmt::format("kl {:.6f} is above its limit {}", quality->answer.kl, limit));
    if (name == "top1" && quality->answer.top1 < limit)
      broken.push_back(fmt::format("top1 {:.4f} is below its limit {}", quality->answer.top1, limit));
  }
  return broken;
}

Record header_record(const Job& job, const std::vector<Sample>& samples, const SampleSplit& split,
                     const RunOptions& options) {
  Json ids = Json::array(), rows = Json::array();
  for (const std::size_t i : split.calibration) {
    ids.push_back(samples[i].id);
    rows.push_back(to_json(samples[i].identity));
  }
  Record record{"run",
                {{"version", options.version},
                 {"source", fingerprint(*job.checkpoint)},
                 {"compute", job.compute == at::kFloat ? "float32" : "bfloat16"},
                 {"device", job.device.str()},
                 {"blocks", job.graph().blocks.size()},
                 {"calibration_samples", ids},
                 {"calibration_rows", rows}}};
  record.fields.update(options.about);
  return record;
}

// What is known before anything runs.
void write_forecast(Journal& journal, const Job& job, const RunOptions& options) {
  for (const auto& output : job.outputs) {
    journal.add(
        {"bytes", {{"format", output.format->name()}, {"stages", to_json(stage_bytes(job, *output.format))}}});
  }
  if (options.plan.is_object()) journal.add({"plan", options.plan});
}

// Every tensor of every output, so that whoever opens one can tell that its bytes are still the run's.
void write_hashes(Journal& journal, const Job& job, const std::vector<std::vector<WrittenTensor>>& outputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Format& format = *job.outputs[i].format;
    Json names = Json::array(), hashes = Json::array();
    for (const auto& tensor : outputs[i]) {
      names.push_back(tensor.name);
      hashes.push_back(tensor.hash);
    }
    journal.add(
        {"tensors",
         {{"format", format.name()}, {"codes", format.keeps_codes()}, {"names", names}, {"hashes", hashes}}});
  }
}

}  // namespace

SampleSplit split_samples(std::size_t count, std::int64_t requested) {
  const auto tenth = std::clamp<std::size_t>(count / 10, 8, 64);
  const std::size_t kept = std::min(requested < 0 ? tenth : static_cast<std::size_t>(requested), count / 2);
  SampleSplit split;
  for (std::size_t i = 0; i < count; ++i) (i < count - kept ? split.calibration : split.quality).push_back(i);
  return split;
}

RunResult run_job(FileSystem& files, const Job& job, const std::vector<Sample>& samples,
                  const RunOptions& options) {
  const at::NoGradGuard no_grad;
  Stopwatch watch;
  const SampleSplit split = split_samples(samples.size(), job.recipe.quality.samples);
  require(!job.needs_data() || !split.calibration.empty(), ErrorKind::input, "the calibration set is empty");
  OutputDirectory directory(files, options.out, job.checkpoint->directory, options.overwrite);
  const std::vector<std::string> places = output_names(job, directory.partial());
  for (const auto& place : places) {
    if (place != directory.partial()) files.make_directory(place);
  }
  Journal journal(files, join_path(directory.partial(), "run.jsonl"));
  journal.add(header_record(job, samples, split, options));
  write_forecast(journal, job, options);
  OutputWriter writer(files, job, places);
  Conductor conductor(files, job, samples, split, options, journal, writer);
  conductor.run();
  write_hashes(journal, job, writer.finish());
  for (const auto& written : writer.take_written()) {
    conductor.emit({"written", {{"module", written.module}, {"hash", written.hash}}});
  }

  RunResult result;
  result.quality = conductor.quality();
  result.broken_limits = broken_limits(job.recipe, result.quality);
  result.outputs = output_names(job, options.out);
  result.seconds = watch.seconds();
  result.peak_bytes = peak_resident_bytes();
  conductor.emit({"finished",
                  {{"seconds", result.seconds},
                   {"peak_bytes", result.peak_bytes},
                   {"broken_limits", result.broken_limits}}});
  journal.finish();
  for (std::size_t i = 0; i < places.size(); ++i) {
    write_small_files(files, job, job.outputs[i], places[i], conductor.quality_json(*job.outputs[i].format));
    if (places[i] != directory.partial()) {
      write_file(files, join_path(places[i], "run.jsonl"),
                 read_file(files, join_path(directory.partial(), "run.jsonl")));
    }
    if (options.on_written) options.on_written(places[i]);
  }
  directory.commit();
  return result;
}

}  // namespace halftone
