#include "halftone/stream/pair_meter.h"

#include "tests/expect_error.h"
#include "tests/support/small_model.h"
#include <gtest/gtest.h>

namespace halftone::test {
namespace {

class Pair : public testing::Test {
 protected:
  PairMeter meter(std::function<void()> check = {}) {
    const auto& spec = model_.checkpoint.spec;
    return PairMeter(spec.graph,
                     make_stream(spec.graph, spec.images, *model_.files, samples_, {0, 2}, 1, at::kCPU),
                     at::kFloat, std::move(check));
  }
  BlockWeights load(const Block& block) const {
    return load_block(block, model_.checkpoint.source(), at::kCPU);
  }
  // Runs both sides; `spoil` changes b's weights of the block of that name. Returns that block's error.
  HiddenError run(PairMeter& meter, const std::string& name,
                  const std::function<void(const Block&, BlockWeights&)>& spoil) {
    HiddenError found;
    for (const auto& block : model_.checkpoint.spec.graph.blocks) {
      const BlockWeights a = load(block);
      BlockWeights b = load(block);
      if (block.name == name) spoil(block, b);
      if (block.stage == Stage::head) {
        meter.run_head(block, a, b, {}, {});
        continue;
      }
      meter.run_a(block, a);
      const HiddenError error = meter.run_b(block, b);
      if (block.name == name) found = error;
    }
    return found;
  }

  SmallModel model_;
  std::vector<Sample> samples_ = text_samples(3, 12);
};

TEST_F(Pair, OfOneModelIsExactlyAlike) {
  PairMeter meter = this->meter();
  EXPECT_TRUE(meter.active());
  const HiddenError error = run(meter, "language.0", [](const Block&, BlockWeights&) {});
  EXPECT_EQ(error.text, 0);
  const PairResult r = meter.result();
  EXPECT_EQ(r.answer.kl, 0);
  EXPECT_EQ(r.answer.top1, 1);
  EXPECT_EQ(r.answer.positions, 2 * 11);
  EXPECT_EQ(r.question.positions, 0);
  EXPECT_EQ(r.answer.ppl_a, r.answer.ppl_b);
  EXPECT_EQ(r.samples, (std::vector<std::string>{"text 0", "text 2"}));
}

// Without o and down a decoder layer is the identity, so b stays where a came from.
TEST_F(Pair, HiddenErrorIsRelativePower) {
  const auto& spec = model_.checkpoint.spec;
  const auto stream = make_stream(spec.graph, spec.images, *model_.files, samples_, {0, 2}, 1 << 20, at::kCPU);
  ActivationStore in(1), out(1);
  const Block &embed = *spec.graph.find_block("embed"), &layer = *spec.graph.find_block("language.0");
  walk_block(spec.graph, embed, load(embed), stream, in, &in, at::kFloat, {}, {});
  walk_block(spec.graph, layer, load(layer), stream, in, &out, at::kFloat, {}, {});
  const double expected =
      (out.get(0) - in.get(0)).square().sum().item<double>() / out.get(0).square().sum().item<double>();
  PairMeter meter = this->meter();
  const HiddenError error = run(meter, "language.0", [](const Block& block, BlockWeights& weights) {
    for (const auto& site : block.sites) {
      if (site.name.ends_with(".o") || site.name.ends_with(".down"))
        weights.values[static_cast<std::size_t>(site.weight)].zero_();
    }
  });
  EXPECT_GT(expected, 0.01);
  EXPECT_NEAR(error.text, expected, 1e-5 * expected);
  EXPECT_EQ(error.vision, 0);
  EXPECT_GT(meter.result().answer.kl, 0);
}

TEST_F(Pair, AStopPassesThrough) {
  PairMeter meter = this->meter([] { fail(ErrorKind::interrupted, "stop"); });
  const Block& embed = *model_.checkpoint.spec.graph.find_block("embed");
  expect_error(ErrorKind::interrupted, {"stop"}, [&] { meter.run_a(embed, load(embed)); });
}

TEST_F(Pair, WithoutSamplesRests) {
  samples_.clear();
  const auto& spec = model_.checkpoint.spec;
  const PairMeter meter(spec.graph,
                        make_stream(spec.graph, spec.images, *model_.files, samples_, {}, 1, at::kCPU),
                        at::kFloat, {});
  EXPECT_FALSE(meter.active());
  const Json json = to_json(meter.result());
  EXPECT_TRUE(json.contains("question") && json.contains("samples") && json.contains("kl"));
}

}  // namespace
}  // namespace halftone::test
