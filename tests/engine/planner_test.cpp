#include "halftone/engine/planner.h"

#include "tests/support/small_model.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone::test {
namespace {

const BlockPlan& block(const Plan& plan, const std::string& name) {
  for (const auto& b : plan.blocks) {
    if (b.block == name) return b;
  }
  ADD_FAILURE() << name;
  return plan.blocks.front();
}

TEST(DataSize, IsAssumedFromTheRecipesLimits) {
  Recipe recipe;
  recipe.calibration.samples = 100;
  recipe.calibration.max_tokens = 10;
  const DataSize size = assumed_data(recipe);
  EXPECT_TRUE(size.assumed);
  EXPECT_EQ(size.samples, 90);
  EXPECT_EQ(size.quality_samples, 10);
  EXPECT_EQ(size.tokens, 900);
  EXPECT_EQ(size.quality_tokens, 100);
}

TEST(DataSize, IsCountedFromSamples) {
  const SmallModel model;
  Recipe recipe;
  auto samples = text_samples(20, 10);
  samples[0].layouts.push_back({.grid = {1, 4, 6}, .tokens = 6});
  const DataSize size = counted_data(model.checkpoint.spec.graph, recipe, samples);
  EXPECT_FALSE(size.assumed);
  EXPECT_EQ(size.samples, 12);
  EXPECT_EQ(size.tokens, 120);
  EXPECT_EQ(size.quality_tokens, 80);
  EXPECT_EQ(size.vision_rows, 24);
  EXPECT_EQ(size.quality_vision_rows, 0);
}

TEST(Plan, WithoutDataPromisesNoRuns) {
  const SmallModel model;
  const Plan plan = plan_job(model.bind(small_recipe("rtn: {}")), {});
  for (const auto& b : plan.blocks) EXPECT_EQ(b.runs, 0) << b.block;
  EXPECT_EQ(plan.blocks.size(), 6u);
  EXPECT_GT(plan.flops_per_second, 0);
}

TEST(Plan, CountsRunsOfABlock) {
  const SmallModel model(2);
  DataSize data;
  data.samples = 10;
  data.tokens = 100;
  const auto runs = [&](const std::string& more, const std::string& name) {
    return block(plan_job(model.bind(small_recipe("gptq: {}", more)), data), name).runs;
  };
  // Observed and run again; the last one is only observed; what comes behind it does not run.
  EXPECT_EQ(runs("", "language.0"), 2);
  EXPECT_EQ(runs("", "language.1"), 1);
  EXPECT_EQ(runs("propagate: reference\n", "language.0"), 1);
  EXPECT_EQ(runs("", "embed"), 1);
  EXPECT_EQ(runs("", "head"), 0);
}

TEST(Plan, BytesAreThoseThatARunWrites) {
  const SmallModel model;
  const std::string more = "output: [{format: compressed_tensors}, {format: dense}]\n";
  const Plan plan = plan_job(model.bind(small_recipe("rtn: {}", more)), {});
  model.run(small_recipe("rtn: {}", more), {}, into("/out"));
  ASSERT_EQ(plan.outputs.size(), 2u);
  for (const auto& output : plan.outputs) {
    const Checkpoint written = model.open("/out/" + output.format);
    std::int64_t bytes = 0;
    for (const auto& info : written.files->list()) bytes += static_cast<std::int64_t>(info.bytes);
    EXPECT_EQ(output.bytes, bytes) << output.format;
    EXPECT_EQ(output.tensors, written.files->list().size()) << output.format;
  }
}

TEST(Plan, SaysWhichRuleTookWhichSiteAndWhoRunsIt) {
  const SmallModel model;
  const Plan plan = plan_job(model.bind(small_recipe("rtn: {}")), {});
  for (const auto& site : plan.sites) {
    const bool language = site.site.starts_with("language.");
    EXPECT_EQ(site.scheme, language ? "w4 g64" : "keep") << site.site;
    EXPECT_EQ(site.rule, language ? "language.* (line 5)" : "no rule") << site.site;
    EXPECT_EQ(site.engines.empty(), !language) << site.site;
  }
}

TEST(Plan, MoreDataTakesMoreTimeAndMemory) {
  const SmallModel model;
  const Job job = model.bind(small_recipe("gptq: {}"));
  DataSize few, many;
  few.tokens = 1000;
  many.tokens = 1000000;
  const Plan small = plan_job(job, few), large = plan_job(job, many);
  EXPECT_GT(large.peak_memory, small.peak_memory);
  EXPECT_GT(large.seconds, small.seconds);
  EXPECT_EQ(to_json(large)["blocks"].size(), 6u);
}

}  // namespace
}  // namespace halftone::test
