#include "halftone/text/regex.h"

#include "tests/text/thrown.h"

#include "halftone/base/clock.h"
#include "halftone/text/codepoints.h"

namespace halftone {
namespace {

std::string first_match(const std::string& pattern, std::string_view text, std::size_t from = 0) {
  RegexScratch scratch;
  const auto match = Regex(pattern, "t.json").find(text, from, scratch);
  return match ? std::string(match->of(text)) : "(none)";
}

TEST(Regex, FindsTheLeftmostMatch) {
  EXPECT_EQ(first_match("b+", "aabbabbb"), "bb");
  EXPECT_EQ(first_match("b+", "aabbabbb", 4), "bbb");
  EXPECT_EQ(first_match("x", "aabb"), "(none)");
  EXPECT_EQ(first_match("(?<=a)b", "ab", 1), "b") << "what stands before the start is seen";
  EXPECT_EQ(first_match("\\p{L}+", "123Größe你"), "Größe你");
  EXPECT_EQ(first_match("(?i:'s)", "it'ſ"), "'ſ") << "the long s folds to s";
  EXPECT_EQ(first_match("^b$", "a\nb\nc"), "b") << "anchors are those of lines";
}

TEST(Regex, ClassesAreOnigurumas) {
  EXPECT_EQ(first_match("\\s", "\u180e\u3000"), "\u3000");
  EXPECT_EQ(first_match("\\w+", "-e\u0301²-"), "e\u0301²");
  EXPECT_EQ(first_match("[\\w]+", "-²a-"), "a") << "its class and its shorthand differ in Latin-1";
  EXPECT_EQ(first_match("\\p{Han}+", "、你"), "你") << "the script, not its extensions";
}

TEST(Regex, ScratchServesManyExpressions) {
  RegexScratch scratch;
  const Regex a("a+", "t"), b("(b)(b)(b)", "t");
  EXPECT_TRUE(a.find("aabbb", 0, scratch).has_value());
  EXPECT_EQ(b.find("aabbb", 0, scratch), (TextSpan{2, 5}));
  EXPECT_EQ(a.find("aabbb", 0, scratch), (TextSpan{0, 2}));
}

TEST(Regex, BadPatternsAreInputErrors) {
  expect_error(ErrorKind::input, "t.json: the regular expression \"(a\" does not compile",
               [] { Regex("(a", "t.json"); });
  expect_error(ErrorKind::input, "the limit is 65536", [] { Regex(std::string(70000, 'a'), "t.json"); });
  EXPECT_THROW(Regex("\\p{Nonsense}", "t.json"), Error);
}

// TK-05: a pattern that backtracks without end.
TEST(Regex, BacktrackingEndsInASentence) {
  const std::string text = std::string(100000, 'a') + "b";
  Stopwatch watch;
  expect_error(ErrorKind::input, "t.json: the regular expression \"(a+)+$\" gives up at byte 0",
               [&] { first_match("(a+)+$", text); });
  EXPECT_LT(watch.seconds(), 20);
}

TEST(Regex, LongRunsAreNoBacktracking) {
  for (const char* const pattern : {"\\s+(?!\\S)|\\s+", "\\s*[\\r\\n]+|\\s+", " ?[^\\s\\p{L}]+", "\\p{L}+"}) {
    for (const char filling : {' ', '\n', '.', 'a'}) {
      const std::string text(1 << 20, filling);
      EXPECT_NO_THROW(first_match(pattern, text)) << pattern;
    }
  }
}

}  // namespace
}  // namespace halftone
