// Recipes and command lines that are wrong: exit code 2, all faults at once, nothing written.
#include "tests/e2e/program.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kRecipe = R"(version: 1
schemes:
  w4: {weight: {bits: 4, group: 64, symmetric: true}}
assign:
  - {site: "language.*", scheme: w4}
methods:
  - rtn: {}
output: {format: compressed_tensors}
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

// Runs quantize with this recipe; it must be refused and leave nothing.
Finished refused(const std::string& recipe, int code, const std::vector<std::string>& pieces,
                 const std::vector<std::string>& more = {}) {
  TempDirectory place;
  write_text(place / "recipe.yaml", recipe);
  std::vector<std::string> arguments = {"quantize", kModel, "-r", place / "recipe.yaml", "-o", place / "out"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Finished finished = halftone(arguments);
  expect_refusal(finished, code, pieces);
  EXPECT_THAT(names_in(place.path()), testing::ElementsAre("recipe.yaml"));
  return finished;
}

TEST(BadRecipe, TheGoodOneRuns) {
  TempDirectory place;
  write_text(place / "recipe.yaml", kRecipe);
  const auto good = halftone({"quantize", kModel, "-r", place / "recipe.yaml", "-o", place / "out"});
  EXPECT_EQ(good.code, 0) << good.err;
}

TEST(BadRecipe, UnknownKeySaysLineColumnAndTheNearest) {
  refused(replaced(kRecipe, "group: 64", "grop: 64"), 2,
          {"recipe.yaml:3:26", "grop", "schemes.w4.weight", "did you mean \"group\"?"});
}

TEST(BadRecipe, UnknownKeyAtTheTopAndOfAMethod) {
  refused(kRecipe + "mthods: []\n", 2, {"recipe.yaml:9:1", "mthods", "\"methods\""});
  refused(replaced(kRecipe, "rtn: {}", "rtn: {rnge: mse}"), 2, {"recipe.yaml:7:11", "rnge", "\"range\""});
}

TEST(BadRecipe, AllFaultsAtOnce) {
  std::string recipe = replaced(kRecipe, "group: 64", "grop: 64");
  recipe = replaced(recipe, "bits: 4", "bits: 77");
  recipe = replaced(recipe, "\"language.*\"", "\"lenguage.*\"");
  recipe = replaced(recipe, "rtn:", "rtm:");
  recipe = replaced(recipe, "compressed_tensors", "compressed_tensor");
  refused(recipe, 2,
          {"5 faults", "recipe.yaml:3:23", "bits", "recipe.yaml:3:27", "grop", "recipe.yaml:5:", "lenguage.*",
           "recipe.yaml:7:", "rtm", "did you mean \"rtn\"?", "did you mean \"compressed_tensors\"?"});
}

TEST(BadRecipe, SelectorThatMatchesNothing) {
  refused(replaced(kRecipe, "\"language.*\"", "\"language.99.q\""), 2,
          {"recipe.yaml:5:", "language.99.q", "matches no"});
}

TEST(BadRecipe, GroupThatDoesNotDivideTheAxis) {
  refused(replaced(kRecipe, "group: 64", "group: 96"), 2,
          {"recipe.yaml:5:", "language.0.q", "groups of 96", "256 input columns"});
}

TEST(BadRecipe, SyntaxErrorsNameThePlace) {
  refused(replaced(kRecipe, "  - rtn: {}", "  - rtn: {"), 2, {"recipe.yaml:"});
  refused(kRecipe + "version: 2\n", 2, {"recipe.yaml:9:1", "version", "twice"});
  refused("", 2, {"recipe.yaml"});
}

TEST(BadRecipe, MethodsInTheWrongOrder) {
  refused(replaced(kRecipe, "  - rtn: {}", "  - rtn: {}\n  - gptq: {}"), 2, {"rtn", "last"});
}

TEST(BadRecipe, MethodThatCannotDoTheScheme) {
  const std::string floats =
      replaced(kRecipe, "{bits: 4, group: 64, symmetric: true}", "{bits: 8, type: float, per: channel}");
  refused(replaced(floats, "rtn", "gptq"), 2, {"recipe.yaml:5:", "gptq", "rtn"});
}

TEST(BadRecipe, UnknownPresetNamesTheNearest) {
  TempDirectory place;
  const auto finished = halftone({"quantize", kModel, "-r", "rtn-w4g46", "-o", place / "out"});
  expect_refusal(finished, 2, {"rtn-w4g46", "did you mean \"rtn-w4g64\"?", "describe presets"});
  expect_refusal(halftone({"plan", kModel, "-r", place / "nothing.yaml"}), 2, {place / "nothing.yaml"});
  expect_refusal(halftone({"plan", kModel, "-r", place.path()}), 2, {place.path()});
  EXPECT_THAT(names_in(place.path()), testing::IsEmpty());
}

TEST(BadRecipe, BadSet) {
  refused(kRecipe, 2, {"--set", "rtn.range"}, {"--set", "rtn.range"});
  refused(kRecipe, 2, {"--set", "rtn.rnage=mse", "\"range\""}, {"--set", "rtn.rnage=mse"});
  refused(kRecipe, 2, {"--set calibration.samples=0", "samples"}, {"--set", "calibration.samples=0"});
  refused(kRecipe, 2, {"--set calibration.samples=many", "samples"}, {"--set", "calibration.samples=many"});
  refused(kRecipe, 2, {"--set nothing.here=1", "nothing"}, {"--set", "nothing.here=1"});
}

TEST(BadRecipe, DataNeededAndNoneGiven) {
  TempDirectory place;
  const auto finished = halftone({"quantize", kModel, "-r", "gptq-w4g64", "-o", place / "out"});
  expect_refusal(finished, 2, {"gptq-w4g64", "--data"});
  EXPECT_THAT(names_in(place.path()), testing::IsEmpty());
}

TEST(BadArguments, AreRefusedWithTheFlagsName) {
  expect_refusal(halftone({"quantize", kModel, "-r", "rtn-w4g64", "-o", "x", "--fast"}), 2, {"--fast"});
  expect_refusal(halftone({"quantize", kModel, "-r", "rtn-w4g64"}), 2, {"--out"});
  expect_refusal(halftone({"quantize", kModel, "-o", "x"}), 2, {"--recipe"});
  expect_refusal(halftone({"inspect"}), 2, {"MODEL"});
  expect_refusal(halftone({"quantise", kModel}), 2, {"quantise"});
  expect_refusal(halftone({}), 2, {"--help"});
  expect_refusal(halftone({"describe", "gptqq"}), 2, {"gptqq", "did you mean \"gptq\"?"});
  expect_refusal(halftone({"plan", kModel, "-r", "rtn-w4g64", "--device", "tpu"}), 2, {"tpu", "cuda"});
  expect_refusal(halftone({"compare", kModel, kModel}), 2, {"--data"});
}

TEST(BadArguments, EscapeWhatATerminalMustNotSee) {
  const auto finished = halftone({"inspect", "no\x1b[31mwhere"});
  expect_refusal(finished, 3, {"where"});
  EXPECT_THAT(finished.err, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace halftone::e2e
