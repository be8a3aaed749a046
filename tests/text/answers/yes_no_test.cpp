#include "halftone/text/answers/yes_no.h"

#include "tests/scoring_fixture.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

std::optional<bool> wanted(const Json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<bool>());
}

TEST(YesNo, FindsWhatTheHarnessesFind) {
  for (const auto& c : scoring_fixture("yes_no")) {
    EXPECT_EQ(yes_no_by_word(text_of(c, "answer")), wanted(c["by_word"])) << c;
    EXPECT_EQ(yes_no_by_prefix(text_of(c, "answer")), wanted(c["by_prefix"])) << c;
  }
}

TEST(YesNo, TheTwoRulesDisagree) {
  EXPECT_EQ(yes_no_by_word("nothing"), std::nullopt);
  EXPECT_EQ(yes_no_by_prefix("nothing"), false);
  EXPECT_EQ(yes_no_by_word("The answer is yes"), true);
  EXPECT_EQ(yes_no_by_prefix("The answer is yes"), std::nullopt);
  EXPECT_EQ(yes_no_by_word("Yes, no"), std::nullopt);
  EXPECT_EQ(yes_no_by_prefix("Yes, no"), true);
}

}  // namespace
}  // namespace halftone
