// Streaming must not change numbers: packed micro-batches, the prefetcher and a whole model in memory agree.
#include "tests/support/model_fixture.h"
#include <gtest/gtest.h>

#include "halftone/stream/prefetcher.h"

namespace halftone::test {
namespace {

constexpr double kTolerance = 1e-5;  // relative

class FamilyStreaming : public testing::TestWithParam<FamilyCase> {
 protected:
  // Logits of every sample, streamed with micro-batches of `tokens`.
  std::vector<Tensor> stream_all(std::int64_t tokens) {
    const ModelGraph& graph = model_.graph();
    std::vector<std::size_t> which(samples_.size());
    for (std::size_t i = 0; i < which.size(); ++i) which[i] = i;
    const SampleStream stream =
        make_stream(graph, model_.checkpoint.spec.images, posix_files(), samples_, which, tokens, at::kCPU);
    std::vector<LoadOrder> orders;
    for (const auto& block : graph.blocks) orders.push_back({&block, {}});
    Prefetcher prefetcher(model_.checkpoint.source(), orders, at::kCPU);
    ActivationStore store(stream.batches.size());
    for (const auto& block : graph.blocks)
      walk_block(graph, block, prefetcher.next(), stream, store, &store, at::kFloat, {}, {});
    std::vector<Tensor> logits;
    for (std::size_t b = 0; b < stream.batches.size(); ++b) {
      const Batch& batch = *stream.batches[b];
      for (std::size_t k = 0; k < batch.samples.size(); ++k) {
        logits.push_back(store.get(b).narrow(0, batch.tokens.begin(k), batch.tokens.size(k)));
      }
    }
    return logits;
  }

  void SetUp() override {
    for (const auto& golden : golden_cases(GetParam())) samples_.push_back(model_.encode(golden.record));
  }

  ModelFixture model_{GetParam().model};
  std::vector<Sample> samples_;
};

TEST_P(FamilyStreaming, EqualsTheWholeModel) {
  const auto weights = load_all(model_.checkpoint);
  const auto streamed = stream_all(4096);
  ASSERT_EQ(streamed.size(), samples_.size());
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    EXPECT_LE(relative_difference(run_whole(model_, weights, samples_[i]), streamed[i]), kTolerance)
        << samples_[i].id;
  }
}

TEST_P(FamilyStreaming, DoesNotDependOnTheMicroBatch) {
  const auto one = stream_all(1), some = stream_all(100), all = stream_all(1 << 20);
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    EXPECT_LE(relative_difference(one[i], some[i]), kTolerance) << samples_[i].id;
    EXPECT_LE(relative_difference(one[i], all[i]), kTolerance) << samples_[i].id;
  }
}

INSTANTIATE_TEST_SUITE_P(All, FamilyStreaming, testing::ValuesIn(family_cases()), FamilyCaseName());

}  // namespace
}  // namespace halftone::test
