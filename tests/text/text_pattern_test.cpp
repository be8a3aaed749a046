#include "halftone/text/text_pattern.h"

#include <numeric>

#include "tests/text/thrown.h"

#include "halftone/base/clock.h"

namespace halftone {
namespace {

std::vector<TextSpan> all_matches(const TextPattern& pattern, std::string_view text) {
  RegexScratch scratch;
  std::vector<TextSpan> matches;
  pattern.find_all(text, scratch, matches);
  return matches;
}

using Spans = std::vector<TextSpan>;

TEST(TextPattern, LiteralsMatchWithoutOverlap) {
  EXPECT_EQ(all_matches(TextPattern::literal("aa", "t"), "aaaaa"), (Spans{{0, 2}, {2, 4}}));
  EXPECT_EQ(all_matches(TextPattern::literal(".", "t"), "a.b"), (Spans{{1, 2}})) << "a dot is a dot";
  EXPECT_TRUE(all_matches(TextPattern::literal("x", "t"), "").empty());
  expect_error(ErrorKind::input, "t.json: a pattern is the empty string",
               [] { TextPattern::literal("", "t.json"); });
}

TEST(TextPattern, ExpressionsMatchWithoutOverlap) {
  EXPECT_EQ(all_matches(TextPattern::regex("a+|b", "t"), "aabxab"), (Spans{{0, 2}, {2, 3}, {4, 5}, {5, 6}}));
  EXPECT_EQ(all_matches(TextPattern::regex("(?<=a)b", "t"), "abab"), (Spans{{1, 2}, {3, 4}}));
}

TEST(TextPattern, EmptyMatchesStandWhereNoMatchEnds) {
  // As Oniguruma's own search: at 0, not behind "xx", then at the end.
  EXPECT_EQ(all_matches(TextPattern::regex("x*", "t"), "axxb"), (Spans{{0, 0}, {1, 3}, {4, 4}}));
  EXPECT_EQ(all_matches(TextPattern::regex("x*", "t"), "你"), (Spans{{0, 0}, {3, 3}}));
}

TEST(TextPattern, AQuadraticSearchEndsInASentence) {
  const std::string text(1 << 20, 'a');
  Stopwatch watch;
  expect_error(ErrorKind::input, "t.json: the regular expression \"a*b|a\" takes more than",
               [&] { all_matches(TextPattern::regex("a*b|a", "t.json"), text); });
  EXPECT_LT(watch.seconds(), 30);
}

}  // namespace
}  // namespace halftone
