#include "halftone/text/answers/contained.h"

#include "tests/scoring_fixture.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

TEST(Contained, HitsAreThoseOfTheHarnesses) {
  for (const auto& c : scoring_fixture("contained")) {
    const ContainedRule rule{c["category"] == "Handwritten Mathematical Expression Recognition",
                             c["rule"] == "lmms-eval"};
    EXPECT_EQ(contains_answer(text_of(c, "prediction"), texts_of(c, "answers"), rule), c["hit"].get<bool>())
        << c;
  }
}

TEST(Contained, FormulasKeepTheirCaseAndLoseTheirBlanks) {
  const std::vector<std::string> answers = {"x^{2}"};
  EXPECT_TRUE(contains_answer("x ^ { 2 } + y", answers, {.formula = true}));
  EXPECT_FALSE(contains_answer("X^{2}", answers, {.formula = true}));
  EXPECT_FALSE(contains_answer("x ^ { 2 }", answers, {}));
  EXPECT_TRUE(contains_answer("X^{2}", answers, {}));
}

}  // namespace
}  // namespace halftone
