#include "halftone/text/answers/edit_distance.h"

#include "tests/scoring_fixture.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

double anls_of(const std::string& said, const std::string& answer) {
  return anls(said, std::vector<std::string>{answer});
}

TEST(EditDistance, CountsInsertionsDeletionsAndReplacements) {
  EXPECT_EQ(levenshtein(U"kitten", U"sitting"), 3u);
  EXPECT_EQ(levenshtein(U"flaw", U"lawn"), 2u);
  EXPECT_EQ(levenshtein(U"", U"abc"), 3u);
  EXPECT_EQ(levenshtein(U"abc", U""), 3u);
  EXPECT_EQ(levenshtein(U"", U""), 0u);
  EXPECT_EQ(levenshtein(U"你好", U"你们好"), 1u);
}

TEST(EditDistance, IsSymmetricAndKeepsTheTriangle) {
  const std::u32string words[] = {U"", U"a", U"abc", U"acb", U"bca", U"aabbcc", U"cab"};
  for (const auto& a : words) {
    for (const auto& b : words) {
      EXPECT_EQ(levenshtein(a, b), levenshtein(b, a));
      for (const auto& c : words) EXPECT_LE(levenshtein(a, c), levenshtein(a, b) + levenshtein(b, c));
    }
  }
}

TEST(EditDistance, ScoresAreThoseOfTheHarnesses) {
  for (const auto& c : scoring_fixture("anls")) {
    EXPECT_NEAR(anls(text_of(c, "prediction"), texts_of(c, "answers")), c["score"].get<double>(), 1e-12) << c;
  }
}

TEST(EditDistance, BelowOneHalfIsNothing) {
  EXPECT_NEAR(anls_of("abd", "abc"), 2.0 / 3, 1e-12);
  EXPECT_EQ(anls_of("ab", "abcd"), 0.5);
  EXPECT_EQ(anls_of("ab", "abcde"), 0);
  EXPECT_EQ(anls_of("", ""), 1);
  EXPECT_EQ(anls("x", std::vector<std::string>{}), 0);
}

}  // namespace
}  // namespace halftone
