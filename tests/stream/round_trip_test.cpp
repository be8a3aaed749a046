#include "halftone/stream/round_trip.h"

#include <cmath>

#include "tests/expect_error.h"
#include "tests/support/model_fixture.h"
#include "tests/support/small_model.h"
#include <ATen/ops/equal.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros_like.h>

#include "halftone/calib/probe.h"
#include "halftone/quant/quantized_tensor.h"

namespace halftone::test {
namespace {

int text_tokens(const Sample& sample) {
  return static_cast<int>(std::count(sample.modality.begin() + 1, sample.modality.end(), kText));
}

class Trip : public testing::Test {
 protected:
  // Runs the model; `change` may spoil each block's weights.
  void run(RoundTrip& trip, const OpsTaps& quantizers = {},
           const std::function<void(const Block&, BlockWeights&)>& change = {}) const {
    for (const auto& block : spec().graph.blocks) {
      BlockWeights weights = load_block(block, model_.checkpoint.source(), at::kCPU);
      if (change) change(block, weights);
      trip.run(block, weights, quantizers);
    }
  }
  const ModelSpec& spec() const { return model_.checkpoint.spec; }
  std::vector<Sample> probes() const { return encode_probes(*model_.files, model_.checkpoint).samples; }

  SmallModel model_;
};

// Packed micro-batches and pieces of the head against whole samples on their own.
TEST(RoundTripResult, IsTheSumOverTheTextTokensOfWholeLogits) {
  const ModelFixture model(family_cases()[0].model);
  const Probes probes = encode_probes(posix_files(), model.checkpoint);
  EXPECT_EQ(probes.kind, ProbeKind::chat);
  RoundTrip trip(posix_files(), model.checkpoint.spec, probes.samples, false, at::kCPU, {});
  run_checkpoint(model.checkpoint, trip, at::kCPU);
  const auto weights = load_all(model.checkpoint);
  ASSERT_EQ(trip.result().nll.size(), kProbes);
  for (std::size_t i = 0; i < kProbes; ++i) {
    const Sample& sample = probes.samples[i];
    const Tensor logits = run_whole(model, weights, sample), log_p = at::log_softmax(logits, -1, at::kDouble);
    double nll = 0;
    for (std::size_t t = 1; t < sample.ids.size(); ++t) {
      if (sample.modality[t] == kText)
        nll -= log_p[static_cast<std::int64_t>(t) - 1][sample.ids[t]].item<double>();
    }
    EXPECT_NEAR(trip.result().nll[i], nll, 1e-5 * nll) << i;
    EXPECT_EQ(trip.result().next[i], logits[-1].argmax().item<std::int64_t>()) << i;
  }
  EXPECT_EQ(trip.with_quantized_inputs(), nullptr);
}

TEST_F(Trip, AHeadOfZerosKnowsNothing) {
  const auto samples = probes();
  RoundTrip trip(*model_.files, spec(), samples, false, at::kCPU, {});
  run(trip, {}, [](const Block& block, BlockWeights& weights) {
    if (block.stage != Stage::head) return;
    auto& head = weights.values[static_cast<std::size_t>(block.sites.front().weight)];
    head = at::zeros_like(head);
  });
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double expected = text_tokens(samples[i]) * std::log(static_cast<double>(spec().graph.vocabulary));
    EXPECT_NEAR(trip.result().nll[i], expected, 1e-9 * expected);
    EXPECT_EQ(trip.result().next_margin[i], 0);
  }
}

TEST_F(Trip, QuantizersActOnThePassThatIsTheirs) {
  OpsTaps zeros;
  zeros.quantize = [](const Site& site, const Tensor& x) {
    return site.name == "head" ? at::zeros_like(x) : x;
  };
  RoundTrip plain(*model_.files, spec(), probes(), false, at::kCPU, {}),
      both(*model_.files, spec(), probes(), true, at::kCPU, {});
  run(plain);
  run(both, zeros);
  EXPECT_EQ(both.result().nll, plain.result().nll);
  ASSERT_NE(both.with_quantized_inputs(), nullptr);
  const double first = text_tokens(probes()[0]) * std::log(static_cast<double>(spec().graph.vocabulary));
  EXPECT_NEAR(both.with_quantized_inputs()->nll[0], first, 1e-9 * first);
}

TEST_F(Trip, WithoutATokenizerTheProbesAreIds) {
  for (const char* name : {"tokenizer.json", "vocab.json", "merges.txt"})
    model_.files->remove_all(std::string("/model/") + name);
  const Probes probes = encode_probes(*model_.files, model_.checkpoint);
  EXPECT_EQ(probes.kind, ProbeKind::ids);
  EXPECT_EQ(probes.samples.size(), kProbes);
  expect_error(ErrorKind::input, {"/model"},
               [&] { encode_probes(*model_.files, model_.checkpoint, ProbeKind::chat); });
}

TEST_F(Trip, AStopPassesThrough) {
  RoundTrip trip(*model_.files, spec(), probes(), false, at::kCPU,
                 [] { fail(ErrorKind::interrupted, "stop"); });
  expect_error(ErrorKind::interrupted, {"stop"}, [&] { run(trip); });
}

TEST_F(Trip, DequantizedWeightsAreThoseOfTheSourcesType) {
  const Block& layer = *spec().graph.find_block("language.0");
  BlockWeights weights = load_block(layer, model_.checkpoint.source(), at::kCPU);
  const auto down = static_cast<std::size_t>(layer.find_site("language.0.down")->weight);
  const QuantizedTensor q = quantize_nearest(weights.values[down], {.bits = 4, .group = 64}, {});
  weights.quantized[down] = q;
  weights.values[down] = Tensor();
  const BlockWeights plain = dequantized_weights(layer, weights, model_.checkpoint.source());
  EXPECT_FALSE(plain.quantized[down]);
  EXPECT_TRUE(at::equal(plain.values[down], dequantize(q).to(at::kBFloat16)));
  EXPECT_TRUE(weights.quantized[down].has_value());
}

}  // namespace
}  // namespace halftone::test
