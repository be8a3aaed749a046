// Prefill and greedy decoding of ready ids, timed: what eval_speed.py runs on our side.
//
//   generate MODEL --lengths 64,64,128 --new 64 [--batch N] [--compute float32|bfloat16] [--repeat 3] [--seed
//   1]
//
// Prints one JSON object a repetition: seconds and CPU seconds of prefill and decode, tokens, and the bounds
// that this machine sets: the rate of a plain matrix product of the prefill's shape, and of reading the
// weights.
#include <chrono>
#include <ctime>

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "halftone/api/lists.h"
#include "halftone/base/clock.h"
#include "halftone/base/error.h"
#include "halftone/eval/generator.h"
#include "halftone/tensor/device.h"
#include "halftone/tensor/memory.h"

namespace halftone {
namespace {

struct Arguments {
  std::string model, compute = "float32";
  std::vector<std::int64_t> lengths;
  std::int64_t new_tokens = 64, batch = 0, repeat = 3, seed = 1, ram = -1;
};

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::vector<Sample> random_samples(const Arguments& a, std::int64_t vocabulary) {
  std::vector<Sample> samples;
  std::uint64_t state = static_cast<std::uint64_t>(a.seed);
  for (const std::int64_t length : a.lengths) {
    Sample sample;
    for (std::int64_t i = 0; i < length; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      sample.ids.push_back(
          100 + static_cast<std::int64_t>((state >> 33) % static_cast<std::uint64_t>(vocabulary / 2)));
    }
    sample.modality.assign(sample.ids.size(), kText);
    sample.answer.assign(sample.ids.size(), 0);
    samples.push_back(std::move(sample));
  }
  return samples;
}

// Numbers of the matrices that a decoded token is multiplied with.
std::int64_t matrix_numbers(const ModelGraph& graph) {
  std::int64_t sum = 0;
  for (const auto& block : graph.blocks) {
    if (block.stage != Stage::language && block.stage != Stage::head) continue;
    for (const auto& site : block.sites) {
      const auto& shape = block.slots[static_cast<std::size_t>(site.weight)].shape;
      sum += shape[0] * shape[1];
    }
  }
  return sum;
}

// Multiplications and additions a second of x W^T at these shapes, the best of a few.
double matmul_rate(std::int64_t rows, std::int64_t in, std::int64_t out, at::ScalarType type) {
  const Tensor x = at::randn({rows, in}).to(type), w = at::randn({out, in}).to(type);
  double best = 0;
  for (int i = 0; i < 8; ++i) {
    const Stopwatch watch;
    at::mm(x, w.t());
    best = std::max(best, 2.0 * static_cast<double>(rows * in * out) / watch.seconds());
  }
  return best;
}

Json measure(const Arguments& a, const Checkpoint& checkpoint, WeightStore& weights, at::ScalarType compute) {
  const std::vector<Sample> samples = random_samples(a, checkpoint.spec.graph.vocabulary);
  GenerateOptions options;
  options.batch = a.batch > 0 ? a.batch : static_cast<std::int64_t>(samples.size());
  options.compute = compute;
  Generator generator(posix_files(), checkpoint, weights, options);
  const Stopwatch watch;
  const double before = cpu_seconds();
  generator.run(samples, checkpoint.spec.images, std::vector<std::int64_t>(samples.size(), a.new_tokens),
                [](std::size_t, const Generated&) {});
  const GenerateTimes& t = generator.times();
  return {{"seconds", watch.seconds()},
          {"cpu_seconds", cpu_seconds() - before},
          {"prefill", t.prefill},
          {"decode", t.decode},
          {"prompt_tokens", t.prompt_tokens},
          {"new_tokens", t.new_tokens},
          {"steps", t.steps},
          {"threads", at::get_num_threads()},
          {"peak_bytes", peak_resident_bytes()}};
}

void run(const Arguments& a) {
  const at::NoGradGuard no_grad;
  const auto families = all_families();
  const auto formats = all_formats();
  const Checkpoint checkpoint = open_checkpoint(posix_files(), a.model, families, formats, Accept::any);
  const at::ScalarType compute = a.compute == "bfloat16" ? at::kBFloat16 : at::kFloat;
  choose_threads(static_cast<std::int64_t>(4) * matrix_numbers(checkpoint.spec.graph));
  WeightStore weights(checkpoint, compute, at::kCPU, a.ram);
  const auto numbers = static_cast<double>(matrix_numbers(checkpoint.spec.graph));
  std::int64_t prompt = 0;
  for (const std::int64_t length : a.lengths) prompt += length;
  for (std::int64_t i = 0; i < a.repeat; ++i) {
    Json result = measure(a, checkpoint, weights, compute);
    result["flop_a_token"] = 2 * numbers;
    result["bytes_a_step"] = numbers * static_cast<double>(c10::elementSize(compute));
    std::printf("%s\n", result.dump().c_str());
    std::fflush(stdout);
  }
  const Json bounds = {
      {"matmul_prefill", matmul_rate(std::min<std::int64_t>(prompt, 4096), 1536, 8960, compute)},
      {"matmul_decode", matmul_rate(static_cast<std::int64_t>(a.lengths.size()), 1536, 8960, compute)}};
  std::printf("%s\n", bounds.dump().c_str());
}

}  // namespace
}  // namespace halftone

int main(int argc, char** argv) {
  halftone::Arguments a;
  CLI::App app("Times prefill and greedy decoding.");
  app.add_option("MODEL", a.model)->required();
  app.add_option("--lengths", a.lengths)->delimiter(',')->required();
  app.add_option("--new", a.new_tokens);
  app.add_option("--batch", a.batch);
  app.add_option("--compute", a.compute);
  app.add_option("--repeat", a.repeat);
  app.add_option("--seed", a.seed);
  app.add_option("--weights-budget", a.ram);
  CLI11_PARSE(app, argc, argv);
  try {
    halftone::run(a);
  } catch (const halftone::Error& error) {
    fmt::print(stderr, "error: {}\n", error.render());
    return 1;
  }
}
