#include "halftone/recipe/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kSites = {"vision.0.q", "language.0.q", "language.0.down", "head"};

AssignRule rule(const std::string& selector, std::optional<int> bits, int line = 1) {
  AssignRule rule{selector, bits ? "w" : "keep", std::nullopt, {"r.yaml", line, 5}};
  if (bits) rule.value.emplace().weight.bits = *bits;
  return rule;
}

std::vector<std::string> faults_of(std::vector<AssignRule> rules,
                                   const std::vector<std::string>& sites = kSites) {
  Recipe recipe;
  recipe.assign = std::move(rules);
  Faults faults;
  assign_sites(recipe, sites, faults);
  return faults.lines();
}

TEST(AssignSites, TheFirstMatchWins) {
  Recipe recipe;
  recipe.assign = {rule("*.down", 8), rule("language.*", 4)};
  Faults faults;
  const Assignment assignment = assign_sites(recipe, kSites, faults);
  EXPECT_TRUE(faults.empty());
  EXPECT_EQ(assignment.size(), 2u);
  EXPECT_EQ(assignment.at("language.0.down").scheme->weight.bits, 8);
  EXPECT_EQ(assignment.at("language.0.down").rule, 0u);
  EXPECT_EQ(assignment.at("language.0.q").scheme->weight.bits, 4);
  EXPECT_EQ(assignment.at("language.0.q").rule, 1u);
}

TEST(AssignSites, KeptSitesAreDecidedWithoutAScheme) {
  Recipe recipe;
  recipe.assign = {rule("*.down", {}), rule("*", 4)};
  Faults faults;
  const Assignment assignment = assign_sites(recipe, kSites, faults);
  EXPECT_FALSE(assignment.at("language.0.down").scheme.has_value());
  EXPECT_EQ(assignment.size(), 4u);
}

TEST(AssignSites, ARuleThatEarlierOnesLeaveNothingIsAFault) {
  EXPECT_THAT(faults_of({rule("*", 4), rule("head", 8)}), ElementsAre(HasSubstr("earlier rules took all")));
  EXPECT_TRUE(faults_of({rule("head", 8), rule("*", 4)}).empty());
}

TEST(AssignSites, ASelectorThatMatchesNothingNamesTheNearestSite) {
  EXPECT_THAT(faults_of({rule("language.0.donw", 4, 7), rule("audio.*", 4, 8)}),
              ElementsAre("r.yaml:7:5: selector \"language.0.donw\" matches no site; the nearest is "
                          "\"language.0.down\"",
                          AllOf(HasSubstr("r.yaml:8:5: selector \"audio.*\" matches no site"),
                                HasSubstr("\"vision.0.q\" to \"head\""))));
  EXPECT_THAT(faults_of({rule("*", 4)}, {}), ElementsAre(HasSubstr("the model has none")));
}

TEST(AssignSites, ABrokenExpressionIsAFaultWithItsPlace) {
  EXPECT_THAT(faults_of({rule("re:(", 4, 3), rule("nobody", 4, 4)}),
              ElementsAre(AllOf(HasSubstr("r.yaml:3:5"), HasSubstr("re:(")), HasSubstr("r.yaml:4:5")));
}

}  // namespace
}  // namespace halftone
