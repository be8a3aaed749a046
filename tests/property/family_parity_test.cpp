// Every family's float forward against its reference implementation.
#include "tests/support/model_fixture.h"
#include <gtest/gtest.h>

#include "halftone/calib/batches.h"

namespace halftone::test {
namespace {

class FamilyParity : public testing::TestWithParam<FamilyCase> {};

TEST_P(FamilyParity, IdsPixelsPositionsAndLogits) {
  ModelFixture model(GetParam().model);
  const auto weights = load_all(model.checkpoint);
  const ImagePolicy images = model.checkpoint.spec.images;
  for (const auto& golden : golden_cases(GetParam())) {
    SCOPED_TRACE(golden.record.id);
    model.checkpoint.spec.images = images;
    if (golden.max_tiles > 0) model.limit_tiles(golden.max_tiles);
    const Sample sample = model.encode(golden.record);
    const std::vector<Sample> samples = {sample};
    const auto batch = make_batches(model.graph(), samples, {0}, 1, at::kCPU).front();
    ASSERT_EQ(batch->ids.numel(), golden.get("input_ids").numel());
    EXPECT_EQ(largest_difference(batch->ids, golden.get("input_ids")), 0);
    EXPECT_EQ(largest_difference(batch->positions, golden.get("position_ids")), 0);
    if (golden.has("pixel_values")) {
      const Tensor pixels =
          batch_pixels(*batch, samples, model.checkpoint.spec.images, posix_files(), at::kCPU);
      ASSERT_EQ(pixels.numel(), golden.get("pixel_values").numel());
      EXPECT_LE(largest_difference(pixels, golden.get("pixel_values")), 1e-6);
    }
    EXPECT_LE(largest_difference(run_whole(model, weights, sample), golden.get("logits")), 2e-4);
  }
}

// The first case has a golden at every stage, so a mismatch is found at its own step.
TEST_P(FamilyParity, EveryStageOfTheFirstCase) {
  const ModelFixture model(GetParam().model);
  const GoldenCase golden = golden_cases(GetParam()).front();
  std::map<std::string, Tensor> seen;
  run_whole(model, load_all(model.checkpoint), model.encode(golden.record),
            [&](const std::string& name, const Tensor& tensor) { seen[name] = tensor; });
  const auto check = [&](const std::string& reference, const std::string& ours) {
    if (!golden.has(reference) || !seen.contains(ours)) return 0;
    const Tensor expected = golden.get(reference);
    EXPECT_LE(largest_difference(seen[ours], expected),
              2e-4 * std::max(1.0, expected.abs().max().item<double>()))
        << reference;
    return 1;
  };
  int compared = check("vision.patch_embed", "vision.patch_embed") + check("image_features", "image_features") +
                 check("language.embeds", "language.embeds") + check("language.norm", "head.norm");
  for (int i = 0; i < 200; ++i) {
    compared += check(fmt::format("vision.block.{}", i), fmt::format("vision.{}.out", i));
    compared += check(fmt::format("language.block.{}", i), fmt::format("language.{}.out", i));
  }
  EXPECT_GE(compared, 7);
}

INSTANTIATE_TEST_SUITE_P(All, FamilyParity, testing::ValuesIn(family_cases()), FamilyCaseName());

}  // namespace
}  // namespace halftone::test
