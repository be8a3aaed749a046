#include "halftone/engine/round_trip_check.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <vector>

#include "halftone/base/error.h"

namespace halftone {
namespace {

constexpr std::uint64_t kSmallFile = 1u << 30;
constexpr double kSameLogit = 1e-4;
constexpr double kSameSum = 1e-4;   // relative
constexpr double kCloseSum = 5e-2;  // relative, of all probes, with quantized inputs

struct Recorded {
  ProbeKind kind;
  std::vector<double> nll, nll_quantized_inputs;
  std::vector<std::int64_t> next;
};

std::optional<Recorded> read_record(FileSystem& files, const std::string& directory) {
  const std::string path = join_path(directory, "quality.json");
  if (!files.stat(path).exists) return std::nullopt;
  const Json quality = parse_json(read_file(files, path, kSmallFile), path);
  require(quality.is_object(), ErrorKind::input, "{}: not an object", path);
  if (quality.empty()) return std::nullopt;  // the run measured nothing
  require(has(quality, "round_trip"), ErrorKind::input, "{}: not what a run writes, round_trip is missing",
          path);
  const Json& trip = quality["round_trip"];
  require(trip.is_object(), ErrorKind::input, "{}: round_trip is no object", path);
  return Recorded{get_string_or(trip, "probes", "chat", path) == "ids" ? ProbeKind::ids : ProbeKind::chat,
                  get_doubles_or(trip, "nll", {}, path), get_doubles_or(trip, "nll_quantized_inputs", {}, path),
                  get_ints_or(trip, "next", {}, path)};
}

double relative(double a, double b) {
  const double size = std::max(std::abs(a), std::abs(b));
  return size > 0 ? std::abs(a - b) / size : 0;
}

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

void check_finite(const RoundTripResult& found) {
  for (std::size_t i = 0; i < found.nll.size(); ++i) {
    require(std::isfinite(found.nll[i]) && std::isfinite(found.next_margin[i]), ErrorKind::input,
            "probe {} of {} gives logits that are not finite", i + 1, found.nll.size());
  }
}

// Returns the largest relative difference of a sum.
double compare_probes(const Recorded& recorded, const RoundTripResult& found) {
  const std::size_t count = found.nll.size();
  require(recorded.nll.size() == count && recorded.next.size() == count, ErrorKind::input,
          "quality.json: round_trip holds {} sums and {} tokens, there are {} probes", recorded.nll.size(),
          recorded.next.size(), count);
  double largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double difference = relative(recorded.nll[i], found.nll[i]);
    require(difference <= kSameSum, ErrorKind::input,
            "probe {} of {} has a negative log-likelihood of {:.6g}, the run that wrote this had {:.6g}", i + 1,
            count, found.nll[i], recorded.nll[i]);
    require(recorded.next[i] == found.next[i] || found.next_margin[i] < kSameLogit, ErrorKind::input,
            "probe {} of {} is followed by token {}, in the run that wrote this by token {}", i + 1, count,
            found.next[i], recorded.next[i]);
    largest = std::max(largest, difference);
  }
  return largest;
}

// The same with quantized inputs: what is to be said of it besides.
std::string compare_quantized(const Recorded& recorded, const RoundTripResult* found) {
  require(recorded.nll_quantized_inputs.empty() == !found, ErrorKind::input,
          "the directory {} inputs, the run that wrote this did{}", found ? "quantizes" : "does not quantize",
          found ? " not" : "");
  if (!found) return "";
  const double was = sum(recorded.nll_quantized_inputs), is = sum(found->nll);
  require(relative(was, is) <= kCloseSum, ErrorKind::input,
          "with quantized inputs the probes have a negative log-likelihood of {:.6g}, the run that wrote this "
          "had {:.6g}",
          is, was);
  return fmt::format(", with quantized inputs within {:.1g}", relative(was, is));
}

}  // namespace

RoundTripRecorder::RoundTripRecorder(FileSystem& files, const Job& job, bool active,
                                     const std::function<void()>& check)
    : job_(job) {
  if (!active) return;
  const Probes probes = encode_probes(files, *job.checkpoint);
  kind_ = probes.kind;
  for (const auto& output : job.outputs) {
    auto& trip = output.format->keeps_codes() ? codes_ : dequantized_;
    if (!trip)
      trip = std::make_unique<RoundTrip>(files, job.checkpoint->spec, probes.samples,
                                         quantizes_inputs(job.modules), job.device, check);
  }
}

void RoundTripRecorder::run(const Block& block, const BlockWeights& weights, const OpsTaps& taps) {
  if (codes_) codes_->run(block, weights, taps);
  if (dequantized_)
    dequantized_->run(block, dequantized_weights(block, weights, job_.checkpoint->source()), taps);
}

Json RoundTripRecorder::record(const Format& format) const {
  const auto& trip = format.keeps_codes() ? codes_ : dequantized_;
  if (!trip) return nullptr;
  Json json = {{"probes", kind_ == ProbeKind::chat ? "chat" : "ids"},
               {"compute", "float32"},
               {"nll", trip->result().nll},
               {"next", trip->result().next}};
  if (const RoundTripResult* quantized = trip->with_quantized_inputs())
    json["nll_quantized_inputs"] = quantized->nll;
  return json;
}

std::string check_round_trip(FileSystem& files, const Checkpoint& output) {
  const std::optional<Recorded> recorded = read_record(files, output.directory);
  const Probes probes = recorded ? encode_probes(files, output, recorded->kind) : encode_probes(files, output);
  RoundTrip trip(files, output.spec, probes.samples, quantizes_inputs(output.modules), at::kCPU, {});
  run_checkpoint(output, trip, at::kCPU);
  check_finite(trip.result());
  const RoundTripResult* quantized = trip.with_quantized_inputs();
  if (quantized) check_finite(*quantized);
  if (!recorded) {
    return files.stat(join_path(output.directory, "quality.json")).exists
               ? "runs, finite; the run recorded no logits to compare"
               : "runs, finite; not compared: quality.json is missing";
  }
  const double largest = compare_probes(*recorded, trip.result());
  return fmt::format("{} probes as in the run, log-likelihoods within {:.1g} of theirs{}",
                     probes.samples.size(), largest, compare_quantized(*recorded, quantized));
}

}  // namespace halftone
