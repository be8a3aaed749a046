#include "halftone/text/regex_dialect.h"

#include "tests/text/thrown.h"

namespace halftone {
namespace {

std::string translate(const std::string& pattern) { return translate_regex(pattern, "t.json"); }

TEST(RegexDialect, LeavesAloneWhatBothReadAlike) {
  for (const char* const pattern :
       {"a|b", "(?:a)(?=b)(?!c)(?<=d)(?<!e)(?>f)", "(?i:'s|'t)", "\\p{L}+\\p{Lu}?\\P{N}*", "x{2}y{1,3}z{2,}",
        "[^\\r\\n\\p{L}]", "\\.\\*\\[", "^a$", "(?<name>a)", "[一-龥]", "\\A\\z\\Z"}) {
    EXPECT_EQ(translate(pattern), pattern);
  }
}

TEST(RegexDialect, SpellsOutWhatTheyReadDifferently) {
  EXPECT_EQ(translate("\\s+(?!\\S)"), "\\p{White_Space}+(?!\\P{White_Space})");
  EXPECT_EQ(translate("[^\\s\\p{L}]"), "[^\\p{White_Space}\\p{L}]");
  EXPECT_EQ(translate("\\h"), "[0-9A-Fa-f]");
  EXPECT_EQ(translate("\\d\\D"), "\\p{Nd}\\P{Nd}");
  EXPECT_EQ(translate("\\p{Han}\\p{^Greek}\\P{^N}"), "\\p{sc:Han}\\P{sc:Greek}\\p{N}");
  EXPECT_EQ(translate("\\u4f60\\v"), "\\x{4f60}\\x{B}");
  EXPECT_EQ(translate("a{,3}"), "a{0,3}");
  EXPECT_EQ(translate("a{b}"), "a\\{b}");
  EXPECT_EQ(translate("(?m:.)"), "(?s:.)");
  EXPECT_EQ(translate("[]a]"), "[\\]a]");
  EXPECT_EQ(translate("[[:alpha:][:digit:]]"), "[\\p{Alphabetic}\\p{Nd}]");
}

TEST(RegexDialect, RefusesWhatOnlyOneOfThemHas) {
  for (const char* const pattern :
       {"[a[b]]", "[a&&b]", "\\Qa\\E", "\\Ka", "\\X", "(*UTF)a", "(?R)", "(?C1)", "a{2}+", "\\g<1>", "[\\W]",
        "\\pL", "\\xFF", "\\u12", "[[:graph:]]", "a\\"}) {
    expect_error(ErrorKind::unsupported, "of the regular expression", [&] { translate(pattern); });
  }
  expect_error(ErrorKind::unsupported,
               "t.json: \\K at byte 1 of the regular expression \"a\\Kb\" is not supported",
               [] { translate("a\\Kb"); });
}

TEST(RegexDialect, UnclosedThingsAreRefusedToo) {
  for (const char* const pattern : {"[abc", "\\p{L", "\\x{41", "[[:alpha:", "(?i"}) {
    EXPECT_THROW(translate(pattern), Error) << pattern;
  }
}

}  // namespace
}  // namespace halftone
