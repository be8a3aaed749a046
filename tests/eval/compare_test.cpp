#include "halftone/eval/compare.h"

#include <cmath>

#include "tests/expect_error.h"
#include "tests/support/small_model.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone::test {
namespace {

Comparison compare(const SmallModel& model, const Checkpoint& a, const Checkpoint& b,
                   const CompareOptions& options = {}) {
  return compare_models(*model.files, a, b, text_samples(3, 16), options);
}

TEST(CompareModels, OneModelIsAlike) {
  const SmallModel model;
  const Comparison c = compare(model, model.checkpoint, model.checkpoint);
  EXPECT_TRUE(c.sites.empty());
  EXPECT_EQ(c.first_departure, "");
  EXPECT_EQ(c.predictions.answer.kl, 0);
  EXPECT_EQ(c.predictions.answer.positions, 3 * 15);
  EXPECT_EQ(c.blocks.size(), 5u);  // all but the head
  EXPECT_TRUE(to_json(c)["first_departure"].is_null());
}

TEST(CompareModels, NamesTheBlockThatDepartsAndTheSitesThatDiffer) {
  const SmallModel model(2);
  const std::string recipe =
      "version: 1\n"
      "schemes: {w4: {weight: {bits: 4, group: 64, symmetric: true}}}\n"
      "assign: [{site: \"language.1.down\", scheme: w4}]\n"
      "methods: [rtn]\n";
  model.run(recipe, {}, into("/out"));
  const Checkpoint out = model.open("/out");
  const Comparison c = compare(model, model.checkpoint, out);
  ASSERT_EQ(c.sites.size(), 1u);
  EXPECT_EQ(c.sites[0].site, "language.1.down");
  const std::string tensor = "model.layers.1.mlp.down_proj.weight";
  const Tensor w = model.checkpoint.source().read(model.checkpoint.source().at(tensor)).to(at::kDouble);
  const Tensor e = out.source().read(out.source().at(tensor)).to(at::kDouble) - w;
  EXPECT_NEAR(c.sites[0].relative, std::sqrt(e.square().sum().item<double>() / w.square().sum().item<double>()),
              1e-5);
  EXPECT_EQ(c.first_departure, "language.1");
  EXPECT_GT(c.predictions.answer.kl, 0);
  CompareOptions loose;
  loose.threshold = 10;
  EXPECT_EQ(compare(model, model.checkpoint, out, loose).first_departure, "");
}

TEST(CompareModels, DifferentModelsAreRefused) {
  const SmallModel one(1), two(2);
  expect_error(ErrorKind::input, {"6 blocks", "8"}, [&] { compare(one, one.checkpoint, two.checkpoint); });
}

TEST(CompareModels, ReportsProgressAndStops) {
  const SmallModel model;
  std::size_t last = 0;
  CompareOptions options;
  options.progress = [&](std::size_t done, std::size_t total) {
    EXPECT_EQ(done, ++last);
    EXPECT_EQ(total, 6u);
  };
  compare(model, model.checkpoint, model.checkpoint, options);
  EXPECT_EQ(last, 6u);
  options.progress = {};
  options.check = [] { fail(ErrorKind::interrupted, "stop"); };
  expect_error(ErrorKind::interrupted, {"stop"},
               [&] { compare(model, model.checkpoint, model.checkpoint, options); });
}

}  // namespace
}  // namespace halftone::test
