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

// Two samples of one position: ln 2 and ln 4 to say their token, against ln 2 under both; 2/2 and 0/2 agree.
TEST(Divergence, ErrorsOfTheOtherFiguresAreThoseOfPairedClusters) {
  DivergenceMeter meter;
  meter.open_sample();
  meter.add(odds(0.6), odds(0.6), token(0));
  meter.open_sample();
  meter.add(odds(0.6), odds(0.3), token(0));
  const DivergenceResult r = meter.result();
  // Residuals are half the difference, with either sign: sqrt(2 * d^2 / 4 * 2) / 2 = d / 2.
  EXPECT_NEAR(r.nll_se, std::log(2) / 2, 1e-12);
  EXPECT_NEAR(std::log(r.ppl_b / r.ppl_a), std::log(2) / 2, 1e-12);
  EXPECT_NEAR(r.top1_se, 0.5, 1e-12);
}

TEST(PositionBins, AreSingleThenHalfOctavesAndCoverEverything) {
  EXPECT_THAT((std::vector<std::int64_t>{first_of_bin(0), first_of_bin(7), first_of_bin(8), first_of_bin(9),
                                         first_of_bin(10), first_of_bin(11), first_of_bin(12)}),
              ElementsAre(0, 7, 8, 12, 16, 24, 32));
  for (std::int64_t t = 0; t < 5000; ++t) {
    EXPECT_LE(first_of_bin(bin_of(t)), t);
    EXPECT_LT(t, first_of_bin(bin_of(t) + 1));
  }
}

TEST(PositionBins, HoldTheSumsOfTheirPositionsWhateverArrivesTogether) {
  const Tensor a = at::randn({30, 5}), b = at::randn({30, 5}), ids = at::zeros({30}, at::kLong);
  DivergenceMeter meter, tail;
  meter.open_sample();
  meter.add(a.narrow(0, 0, 10), b.narrow(0, 0, 10), ids.narrow(0, 0, 10));
  meter.add(a.narrow(0, 10, 20), b.narrow(0, 10, 20), ids.narrow(0, 10, 20));
  meter.open_sample();  // short: it does not reach the later bins
  meter.add(a.narrow(0, 0, 2), b.narrow(0, 0, 2), ids.narrow(0, 0, 2));
  tail.open_sample();
  tail.add(a.narrow(0, 16, 8), b.narrow(0, 16, 8), ids.narrow(0, 16, 8));
  const auto bins = meter.by_position();
  ASSERT_EQ(bins.size(), 12u);
  EXPECT_EQ(bins[1].positions, 2);
  EXPECT_EQ(bins[10].first, 16);
  EXPECT_EQ(bins[10].last, 23);
  EXPECT_EQ(bins[10].positions, 8);
  EXPECT_NEAR(bins[10].kl, tail.result().kl, 1e-12);
  EXPECT_EQ(bins[10].top1, tail.result().top1);
  EXPECT_EQ(bins[11].positions, 6);
  double sum = 0;
  for (const auto& bin : bins) sum += bin.kl * static_cast<double>(bin.positions);
  EXPECT_NEAR(sum / 32, meter.result().kl, 1e-12);
  EXPECT_TRUE(DivergenceMeter().by_position().empty());
}

TEST(PositionBins, WithoutPositionsAreNotWritten) {
  const Json json = to_json({{0, 0, 0.5, 0.1, 1, 3}, {1, 1, 0, 0, 0, 0}});
  EXPECT_EQ(json, Json::parse(R"([{"first":0,"last":0,"kl":0.5,"kl_se":0.1,"top1":1.0,"positions":3}])"));
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
  EXPECT_THAT(keys, ElementsAre("kl", "kl_se", "top1", "positions", "ppl_a", "ppl_b", "top1_se", "nll_se"));
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
