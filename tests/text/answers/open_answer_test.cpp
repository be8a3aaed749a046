#include "halftone/text/answers/open_answer.h"

#include "tests/scoring_fixture.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

using testing::ElementsAre;

TEST(OpenAnswer, HitsAreThoseOfTheBenchmark) {
  for (const auto& c : scoring_fixture("open_answer")) {
    EXPECT_EQ(open_matches(text_of(c, "prediction"), texts_of(c, "answers")), c["hit"].get<bool>()) << c;
  }
}

TEST(OpenAnswer, NumbersAreFoundInEveryForm) {
  EXPECT_THAT(numbers_in("1,234 or -5"), ElementsAre("1,234", "234", "-5"));  // the patterns overlap
  EXPECT_THAT(numbers_in("2.5e-3"), ElementsAre("2.5e-3", "2", "-3"));
  EXPECT_THAT(numbers_in("x=.5"), ElementsAre(".5"));
  EXPECT_THAT(numbers_in("none"), ElementsAre());
}

TEST(OpenAnswer, NumbersAreRoundedAndPhrasesLowered) {
  EXPECT_THAT(normalize_open("1,000.126"), ElementsAre(OpenValue(1000.13)));
  EXPECT_THAT(normalize_open(" Blue Sky "), ElementsAre(OpenValue("blue sky")));
  EXPECT_THAT(normalize_open("X"), ElementsAre(OpenValue(" x"), OpenValue("x ")));
}

}  // namespace
}  // namespace halftone
