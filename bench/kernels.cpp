// What a block's time goes into, one kernel at a time, with its bound beside it: the rate of a plain matrix
// product on the same threads. Sizes of a 2B model's down projection.
#include <ATen/ops/eye.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>

#include "halftone/calib/statistics/gram.h"
#include "halftone/quant/bitpack.h"
#include "halftone/quant/gptq_solver.h"
#include "halftone/quant/quantized_tensor.h"
#include "halftone/tensor/linalg.h"

namespace halftone {
namespace {

constexpr std::int64_t kIn = 8960, kOut = 1536, kRows = 2048;

void rate(benchmark::State& state, double flops) {
  state.counters["GFLOP/s"] = benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

// The bound.
void product(benchmark::State& state) {
  const Tensor a = at::randn({kRows, kRows}), b = at::randn({kRows, kRows});
  for (auto _ : state) benchmark::DoNotOptimize(at::mm(a, b));
  rate(state, 2.0 * kRows * kRows * kRows);
}

// One triangle counts: what is computed twice is lost.
void gram(benchmark::State& state) {
  const Tensor x = at::randn({kRows, kIn});
  Gram statistic(kIn, {}, at::kCPU);
  const Tensor modality = at::zeros({kRows}, at::kLong);
  for (auto _ : state) statistic.add({x, modality});
  rate(state, 1.0 * kRows * kIn * kIn);
}

Tensor positive_definite(std::int64_t n) {
  const Tensor x = at::randn({n, n / 4});
  return at::mm(x, x.t()).add_(at::eye(n), static_cast<double>(n) / 100);
}

void reversed_cholesky(benchmark::State& state) {
  const Tensor h = positive_definite(kIn);
  for (auto _ : state) {
    state.PauseTiming();
    Tensor copy = h.clone();
    state.ResumeTiming();
    benchmark::DoNotOptimize(reversed_cholesky_(copy));
  }
  rate(state, 1.0 / 3 * kIn * kIn * kIn);
}

void ldlq_sweep(benchmark::State& state) {
  const WeightScheme scheme{.bits = 4, .granularity = Granularity::group, .group = 128};
  Tensor factor = positive_definite(kIn);
  reversed_cholesky_(factor);
  const Tensor w = at::randn({kOut, kIn});
  SolverOptions options{.block = state.range(0)};
  for (auto _ : state) {
    Tensor work = w.clone();
    const GridTable grids = choose_grids(work, scheme, {});
    benchmark::DoNotOptimize(solve_ldlq(work, factor, scheme, grids, options));
  }
  rate(state, 1.0 * kOut * kIn * kIn);
}

void permute(benchmark::State& state) {
  Tensor h = at::randn({kIn, kIn});
  const Tensor order = at::randn({kIn}).argsort();
  for (auto _ : state) permute_symmetric_(h, order);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * kIn * kIn * 4);
}

void nearest_rounding(benchmark::State& state) {
  const WeightScheme scheme{.bits = 4, .granularity = Granularity::group, .group = 128};
  const Tensor w = at::randn({kOut, kIn}).to(at::kBFloat16);
  for (auto _ : state) benchmark::DoNotOptimize(quantize_nearest(w, scheme, {}));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * kOut * kIn * 2);
}

BENCHMARK(product)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(gram)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(reversed_cholesky)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(ldlq_sweep)->Arg(128)->Arg(256)->Arg(512)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(permute)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(nearest_rounding)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace halftone

BENCHMARK_MAIN();
