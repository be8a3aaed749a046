#include "halftone/text/answers/relaxed.h"

#include "tests/scoring_fixture.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

TEST(Relaxed, HitsAreThoseOfTheHarnesses) {
  for (const auto& c : scoring_fixture("relaxed")) {
    EXPECT_EQ(relaxed_equal(text_of(c, "prediction"), text_of(c, "answer")), c["hit"].get<bool>()) << c;
  }
}

TEST(Relaxed, ATwentiethIsAllowed) {
  EXPECT_TRUE(relaxed_equal("105", "100"));
  EXPECT_FALSE(relaxed_equal("105.1", "100"));
  EXPECT_TRUE(relaxed_equal("0.05", "5%"));
  EXPECT_FALSE(relaxed_equal("0.0", "0"));  // zero is compared as a text
}

}  // namespace
}  // namespace halftone
