#include "halftone/eval/generator.h"

#include "tests/expect_error.h"
#include "tests/support/small_model.h"
#include <ATen/ops/argmax.h>
#include <gtest/gtest.h>

#include "halftone/stream/walker.h"

namespace halftone::test {
namespace {

class GeneratorTest : public testing::Test {
 protected:
  std::vector<Generated> run(const std::vector<Sample>& samples, std::int64_t limit,
                             GenerateOptions options = {}, std::int64_t budget = -1) {
    WeightStore weights(model_.checkpoint, at::kFloat, at::kCPU, budget);
    Generator generator(*model_.files, model_.checkpoint, weights, options);
    std::vector<Generated> all(samples.size());
    order_.clear();
    generator.run(samples, model_.checkpoint.spec.images, std::vector<std::int64_t>(samples.size(), limit),
                  [&](std::size_t i, Generated generated) {
                    order_.push_back(i);
                    all[i] = std::move(generated);
                  });
    times_ = generator.times();
    return all;
  }

  // The next token by a forward of the whole text, without any cache.
  std::int64_t next_token(const Sample& sample) {
    const std::vector<Sample> one = {sample};
    const ModelGraph& graph = model_.checkpoint.spec.graph;
    const SampleStream stream =
        make_stream(graph, model_.checkpoint.spec.images, *model_.files, one, {0}, 1, at::kCPU);
    ActivationStore store(1);
    for (const auto& block : graph.blocks) {
      const BlockWeights weights = load_block(block, model_.checkpoint.source(), at::kCPU);
      walk_block(graph, block, weights, stream, store, &store, at::kFloat, {}, {});
    }
    return at::argmax(store.get(0)[-1]).item<std::int64_t>();
  }

  static Sample longer(Sample sample, std::int64_t id) {
    sample.ids.push_back(id);
    sample.modality.push_back(kText);
    sample.answer.push_back(1);
    return sample;
  }

  const std::vector<Sample> mixed_ = {text_sample(1, 5), text_sample(2, 40), text_sample(3, 1),
                                      text_sample(4, 17), text_sample(5, 40)};
  SmallModel model_{2};
  std::vector<std::size_t> order_;
  GenerateTimes times_;
};

TEST_F(GeneratorTest, ATokenAtATimeEqualsAForwardOfTheWholeText) {
  const auto answers = run(mixed_, 6);
  for (std::size_t i = 0; i < mixed_.size(); ++i) {
    ASSERT_EQ(answers[i].ids.size(), 6u);
    EXPECT_FALSE(answers[i].stopped);
    Sample text = mixed_[i];
    for (const std::int64_t id : answers[i].ids) {
      EXPECT_EQ(id, next_token(text)) << "sample " << i;
      text = longer(text, id);
    }
  }
  EXPECT_EQ(times_.new_tokens, 30);
  EXPECT_EQ(times_.prompt_tokens, 5 + 40 + 1 + 17 + 40);
}

TEST_F(GeneratorTest, NeitherTheBatchNorTheBudgetChangesAnAnswer) {
  const auto together = run(mixed_, 8);
  for (const std::int64_t batch : {1, 2, 3}) {
    GenerateOptions options;
    options.batch = batch;
    options.prefill_tokens = 20;
    for (const std::int64_t budget : {-1, 0}) {
      const auto answers = run(mixed_, 8, options, budget);
      for (std::size_t i = 0; i < mixed_.size(); ++i) EXPECT_EQ(answers[i].ids, together[i].ids) << i;
    }
  }
}

TEST_F(GeneratorTest, AnAnswerEndsAtAStopIdAndItsPlaceIsTaken) {
  const auto free = run(mixed_, 8);
  GenerateOptions options;
  options.batch = 2;
  options.stop = {free[1].ids[3]};
  const auto answers = run(mixed_, 8, options);
  for (std::size_t i = 0; i < mixed_.size(); ++i) {
    const auto end = std::find(free[i].ids.begin(), free[i].ids.end(), free[1].ids[3]);
    EXPECT_EQ(answers[i].ids, std::vector<std::int64_t>(free[i].ids.begin(), end)) << i;
    EXPECT_EQ(answers[i].stopped, end != free[i].ids.end()) << i;
  }
  EXPECT_EQ(order_.size(), mixed_.size());
}

TEST_F(GeneratorTest, AnAnswerNeverPassesTheModelsPositions) {
  model_.checkpoint.spec.graph.max_positions = 41;
  const auto answers = run(mixed_, 8);
  EXPECT_EQ(answers[1].ids.size(), 2u);  // 40 positions of text, one more to feed the first token
  EXPECT_EQ(answers[0].ids.size(), 8u);
}

TEST_F(GeneratorTest, StopsWhenAskedAndCanRunAgain) {
  GenerateOptions options;
  int calls = 0;
  options.check = [&] { require(++calls < 12, ErrorKind::interrupted, "stop"); };
  WeightStore weights(model_.checkpoint, at::kFloat, at::kCPU, -1);
  Generator generator(*model_.files, model_.checkpoint, weights, options);
  const auto once = [&] {
    std::size_t ended = 0;
    generator.run(mixed_, model_.checkpoint.spec.images, std::vector<std::int64_t>(mixed_.size(), 50),
                  [&](std::size_t, const Generated&) { ++ended; });
    return ended;
  };
  expect_error(ErrorKind::interrupted, {"stop"}, once);
  calls = -10000;
  EXPECT_EQ(once(), mixed_.size());
}

}  // namespace
}  // namespace halftone::test
