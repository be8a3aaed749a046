// Every family's greedy answers against its reference implementation, all cases in one batch.
#include "tests/support/model_fixture.h"
#include <gtest/gtest.h>

#include "halftone/eval/generator.h"
#include "halftone/eval/stop_ids.h"

namespace halftone::test {
namespace {

class FamilyGeneration : public testing::TestWithParam<FamilyCase> {};

// The reference's answer as ids; its end token is there unless the answer ran to the limit.
std::vector<std::int64_t> reference_ids(const GoldenCase& golden) {
  const Tensor ids = golden.get("generated_ids").to(at::kLong).contiguous();
  const auto* first = ids.const_data_ptr<std::int64_t>();
  return {first, first + ids.numel()};
}

TEST_P(FamilyGeneration, GreedyAnswersAreTheReferences) {
  ModelFixture model(GetParam().model);
  const ImagePolicy images = model.checkpoint.spec.images;
  WeightStore weights(model.checkpoint, at::kFloat, at::kCPU, -1);
  GenerateOptions options;
  options.stop = stop_ids(posix_files(), GetParam().model, model.checkpoint.config, model.checkpoint.spec.chat,
                          model.tokenizer);
  Generator generator(posix_files(), model.checkpoint, weights, options);
  std::map<int, std::pair<std::vector<Sample>, std::vector<GoldenCase>>> by_tiles;
  for (const auto& golden : golden_cases(GetParam())) {
    if (!golden.has("generated_ids")) continue;
    model.checkpoint.spec.images = images;
    if (golden.max_tiles > 0) model.limit_tiles(golden.max_tiles);
    auto& [samples, cases] = by_tiles[golden.max_tiles];
    samples.push_back(model.encode(golden.record));
    cases.push_back(golden);
  }
  if (by_tiles.empty()) GTEST_SKIP() << "no answers among the goldens";
  for (const auto& [tiles, group] : by_tiles) {
    const auto& [samples, cases] = group;
    model.checkpoint.spec.images = images;
    if (tiles > 0) model.limit_tiles(tiles);
    std::vector<std::int64_t> limits;
    for (const auto& golden : cases) limits.push_back(static_cast<std::int64_t>(reference_ids(golden).size()));
    std::size_t ended = 0;
    generator.run(samples, model.checkpoint.spec.images, limits, [&](std::size_t i, Generated generated) {
      ++ended;
      std::vector<std::int64_t> expected = reference_ids(cases[i]);
      const bool stops = options.stop.contains(expected.back());
      if (stops) expected.pop_back();
      EXPECT_EQ(generated.ids, expected) << cases[i].record.id;
      EXPECT_EQ(generated.stopped, stops) << cases[i].record.id;
    });
    EXPECT_EQ(ended, samples.size());
  }
}

INSTANTIATE_TEST_SUITE_P(All, FamilyGeneration, testing::ValuesIn(family_cases()), FamilyCaseName());

}  // namespace
}  // namespace halftone::test
