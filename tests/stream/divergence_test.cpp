#include "halftone/stream/divergence.h"

#include <cmath>

#include <ATen/ops/arange.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "halftone/model/flow.h"

namespace halftone {
namespace {

using testing::ElementsAre;

// Logits of one position over two tokens: probabilities p and 1 - p.
Tensor odds(double p) { return at::tensor({std::log(p), std::log(1 - p)}, at::kDouble).view({1, 2}); }
Tensor token(std::int64_t id) { return at::tensor({id}, at::kLong); }

// KL((1/2, 1/2) || (3/4, 1/4)) = ln(4/3) / 2.
const double kHalf = std::log(4.0 / 3.0) / 2;

TEST(Divergence, IsWhatPaperSays) {
  DivergenceMeter meter;
  meter.open_sample();
  meter.add(odds(0.5), odds(0.75), token(1));
  const DivergenceResult r = meter.result();
  EXPECT_NEAR(r.kl, kHalf, 1e-12);
  EXPECT_EQ(r.positions, 1);
  EXPECT_EQ(r.kl_se, 0);
  EXPECT_NEAR(r.ppl_a, 2, 1e-12);
  EXPECT_NEAR(r.ppl_b, 4, 1e-12);
}

TEST(Divergence, IsNotSymmetricAndIgnoresAConstant) {
  DivergenceMeter meter;
  meter.open_sample();
  meter.add(odds(0.75) + 5, odds(0.5) - 3, token(0));
  EXPECT_NEAR(meter.result().kl, 0.75 * std::log(1.5) + 0.25 * std::log(0.5), 1e-12);
}

TEST(Divergence, MeansOverPositionsWithSamplesAsClusters) {
  DivergenceMeter meter;
  meter.open_sample();
  for (int i = 0; i < 3; ++i) meter.add(odds(0.5), odds(0.5), token(0));
  meter.open_sample();
  meter.add(odds(0.5), odds(0.75), token(0));
  meter.open_sample();  // a sample without scored positions
  const DivergenceResult r = meter.result();
  EXPECT_EQ(r.positions, 4);
  EXPECT_NEAR(r.kl, kHalf / 4, 1e-12);
  // Residuals of the ratio estimator: -3/4, +3/4 and 0 of kHalf; sqrt(2 * 9/16 * 3/2) / 4.
  EXPECT_NEAR(r.kl_se, kHalf * std::sqrt(27.0 / 16) / 4, 1e-12);
  EXPECT_THAT(meter.samples(), testing::SizeIs(3));
}

TEST(Divergence, TopOneCountsEqualBestTokens) {
  DivergenceMeter meter;
  meter.open_sample();
  meter.add(odds(0.6), odds(0.9), token(0));
  meter.add(odds(0.6), odds(0.4), token(0));
  EXPECT_EQ(meter.result().top1, 0.5);
}

// More rows than are in float64 at once, equal to the rows one by one.
TEST(Divergence, DoesNotDependOnHowRowsArrive) {
  const Tensor a = at::randn({150, 7}), b = at::randn({150, 7}), ids = at::arange(150, at::kLong) % 7;
  DivergenceMeter whole, single;
  whole.open_sample();
  single.open_sample();
  whole.add(a, b, ids);
  for (std::int64_t i = 0; i < 150; ++i) single.add(a.narrow(0, i, 1), b.narrow(0, i, 1), ids.narrow(0, i, 1));
  EXPECT_NEAR(whole.result().kl, single.result().kl, 1e-12);
  EXPECT_NEAR(whole.result().ppl_b, single.result().ppl_b, 1e-9);
  EXPECT_EQ(whole.result().top1, single.result().top1);
}

TEST(Divergence, OfNothingIsZero) {
  EXPECT_EQ(DivergenceMeter().result().positions, 0);
  std::vector<std::string> keys;
  const Json json = to_json(DivergenceResult{});
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_THAT(keys, ElementsAre("kl", "kl_se", "top1", "positions", "ppl_a", "ppl_b"));
}

TEST(ScoredPositions, PredictAnswersAndQuestionTextButNeverPictures) {
  Sample sample;
  sample.ids = {1, 2, 9, 9, 3, 4, 5};
  sample.modality = {kText, kText, kVision, kVision, kText, kText, kText};
  sample.answer = {0, 0, 0, 0, 0, 1, 1};
  const ScoredPositions p = scored_positions(sample);
  EXPECT_THAT(p.answer, ElementsAre(4, 5));
  EXPECT_THAT(p.question, ElementsAre(0));
  // An answer right behind a picture is predicted from the picture's last row.
  sample.answer[4] = 1;
  EXPECT_THAT(scored_positions(sample).answer, ElementsAre(3, 4, 5));
}

}  // namespace
}  // namespace halftone
