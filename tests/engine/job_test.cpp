#include "halftone/engine/job.h"

#include "tests/expect_error.h"
#include "tests/support/small_model.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "halftone/recipe/yaml.h"

namespace halftone::test {
namespace {

class BindJob : public testing::Test {
 protected:
  void refuse(const std::string& recipe, const std::vector<std::string>& pieces) const {
    expect_error(ErrorKind::usage, pieces, [&] { model_.bind(recipe); });
  }
  static std::string with_rules(const std::string& rules, const std::string& methods = "[rtn]") {
    return "version: 1\n"
           "schemes:\n"
           "  w4: {weight: {bits: 4, group: 64, symmetric: true}}\n"
           "  w8: {weight: {bits: 8, per: channel, symmetric: true}}\n"
           "  w96: {weight: {bits: 4, group: 96, symmetric: true}}\n"
           "assign:\n" +
           rules + "methods: " + methods + "\n";
  }
  SmallModel model_;
};

TEST_F(BindJob, GivesEverySiteItsRulesScheme) {
  const Job job =
      model_.bind(with_rules("  - {site: \"language.*.down\", scheme: w8}\n"
                             "  - {site: \"language.*.gate\", scheme: keep}\n"
                             "  - {site: \"language.*.up\", scheme: keep}\n"
                             "  - {site: \"language.*\", scheme: w4}\n"));
  EXPECT_EQ(job.schemes.size(), 5u);
  EXPECT_EQ(job.schemes.at("language.0.down").weight.bits, 8);
  EXPECT_EQ(job.schemes.at("language.0.q").weight.bits, 4);
  EXPECT_EQ(job.schemes.at("language.0.q").weight.scale_dtype, DType::bf16);
  const Block& layer = *job.graph().find_block("language.0");
  const SiteSchemes sites = job.sites_of(layer);
  EXPECT_EQ(sites.size(), 5u);
  EXPECT_EQ(sites.front().first->name, "language.0.q");
  EXPECT_FALSE(job.needs_data());
  EXPECT_TRUE(job.sites_of(*job.graph().find_block("vision.0")).empty());
  EXPECT_TRUE(job.needs_of(*job.graph().find_block("vision.0")).empty());
  EXPECT_TRUE(model_.bind(with_rules("  - {site: \"language.*\", scheme: w4}\n", "[gptq]")).needs_data());
}

TEST_F(BindJob, FusedProjectionsTakeOneScheme) {
  refuse(with_rules("  - {site: \"vision.0.q\", scheme: w4}\n"),
         {"recipe.yaml:7:5", "vision.0.q and vision.0.k are one tensor", "visual.blocks.0.attn.qkv"});
  EXPECT_EQ(model_
                .bind(with_rules("  - {site: \"re:vision[.]0[.][qkv]\", scheme: w4}\n"
                                 "  - {site: \"vision.*\", scheme: w4}\n"))
                .schemes.size(),
            6u);
}

TEST_F(BindJob, WhatEnginesJoinTakesOneSchemeUnlessTheOutputIsDense) {
  const std::string recipe = with_rules("  - {site: \"language.*.q\", scheme: w4}\n");
  refuse(recipe, {"recipe.yaml:7:5", "language.0.k", "engines join it with q", "dense"});
  EXPECT_EQ(model_.bind(recipe + "output: {format: dense}\n").schemes.size(), 1u);
}

TEST_F(BindJob, GroupsMustDivideAndOneReasonIsOneLine) {
  refuse(
      with_rules("  - {site: \"language.*\", scheme: w96}\n"),
      {"recipe.yaml:7:5", "language.0.q (and 5 more sites): groups of 96 do not divide its 256 input columns",
       "language.0.down: groups of 96 do not divide its 512"});
}

TEST_F(BindJob, MethodsMustChooseCodesOnceAndLast) {
  const std::string rule = "  - {site: \"language.*\", scheme: w4}\n";
  refuse(with_rules(rule, "[]"), {"recipe.yaml", "none of them chooses codes"});
  refuse(with_rules(rule, "[rtn, gptq]"), {"recipe.yaml:8:", "rtn chooses codes and must come last"});
}

TEST_F(BindJob, ARecipeThatDoesNothingIsAFault) {
  refuse(with_rules("  - {site: \"language.*\", scheme: keep}\n"),
         {"recipe.yaml", "nothing would be quantized"});
}

TEST_F(BindJob, UnknownFormatsAreNamedWithTheirPlace) {
  refuse(with_rules("  - {site: \"language.*\", scheme: w4}\n") + "output: {format: dens}\n",
         {"recipe.yaml:9:9", "\"dens\"", "did you mean \"dense\"?"});
}

TEST_F(BindJob, SiteNamesAreThoseOfAllBlocksInOrder) {
  const auto names = site_names(model_.checkpoint.spec.graph);
  EXPECT_EQ(names.front(), "patch_embed.proj");
  EXPECT_EQ(names.size(), 1u + 6 + 2 + 7 + 1);
}

// What is written into the output is a recipe, and it resolves to itself.
TEST_F(BindJob, TheResolvedRecipeIsAFixedPoint) {
  const std::string recipe = with_rules(
                                 "  - {site: \"language.*.down\", scheme: w8}\n"
                                 "  - {site: \"language.*\", scheme: w4}\n",
                                 "[{gptq: {damp: 0.05, modality_weights: {vision: 2}}}]") +
                             "calibration: {data: [{path: x.jsonl, weight: 2}], samples: 7}\n"
                             "limits: {kl: 0.5}\n";
  const Json once = resolved_recipe(model_.bind(recipe));
  EXPECT_EQ(once["methods"][0]["gptq"]["damp"], 0.05);
  EXPECT_EQ(once["calibration"]["samples"], 7);
  EXPECT_EQ(resolved_recipe(model_.bind(write_yaml(once))), once);
}

}  // namespace
}  // namespace halftone::test
