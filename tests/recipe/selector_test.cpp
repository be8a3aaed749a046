#include "halftone/recipe/selector.h"

#include "tests/expect_error.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

TEST(Selector, GlobsMatchWholeNames) {
  struct Case {
    const char* pattern;
    const char* name;
    bool matches;
  };
  const Case table[] = {
      {"language.*", "language.3.down", true},
      {"language.*", "vision.language.3", false},
      {"language.*.down", "language.3.down", true},
      {"language.*.down", "language.3.mlp.down", true},  // * matches dots too
      {"language.*.down", "language.3.down.bias", false},
      {"*", "", true},
      {"*", "head", true},
      {"language.?.q", "language.3.q", true},
      {"language.?.q", "language.13.q", false},
      {"a.b", "axb", false},  // a dot is a dot
      {"a+b", "aab", false},
      {"a[12]", "a1", false},
      {"a[12]", "a[12]", true},
      {"(a|b)", "a", false},
      {"a\\b", "a\\b", true},
      {"", "", true},
      {"", "a", false},
  };
  for (const auto& [pattern, name, matches] : table)
    EXPECT_EQ(Selector(pattern).matches(name), matches) << pattern << " on " << name;
}

TEST(Selector, RegularExpressionsMatchWholeNames) {
  const Selector selector("re:language\\.[0-3]\\.(q|k)");
  EXPECT_TRUE(selector.matches("language.3.k"));
  EXPECT_FALSE(selector.matches("language.4.k"));
  EXPECT_FALSE(selector.matches("xlanguage.3.k"));
  EXPECT_FALSE(selector.matches("language.3.kk"));
}

TEST(Selector, ABrokenExpressionIsNamed) {
  for (const char* pattern : {"re:(", "re:[z-a]", "re:*", "re:a{2,1}"})
    expect_error(ErrorKind::usage, {pattern, "regular expression"}, [&] { Selector{pattern}; });
}

}  // namespace
}  // namespace halftone
