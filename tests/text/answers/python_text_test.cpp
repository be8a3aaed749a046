#include "halftone/text/answers/python_text.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

using testing::ElementsAre;

TEST(PythonText, LengthsCountCodePoints) {
  EXPECT_EQ(python_length("é你😀"), 3u);
  EXPECT_EQ(python_length("a\xFFz"), 3u);  // a broken byte is one U+FFFD
  EXPECT_EQ(python_upper_length("straße"), 7u);
  EXPECT_EQ(python_upper_length("ﬃ"), 3u);
  EXPECT_EQ(python_upper_length("İẞé"), 3u);
}

TEST(PythonText, LowerKnowsTheLastSigmaAndTheDottedI) {
  EXPECT_EQ(python_lower("ΟΔΟΣ"), "οδος");
  EXPECT_EQ(python_lower("ΟΔΟΣ Σ"), "οδος σ");
  EXPECT_EQ(python_lower("ΣΑΣ."), "σας.");
  EXPECT_EQ(python_lower("Σ'Α"), "σ'α");
  EXPECT_EQ(python_lower("İI"), "i\xCC\x87i");
}

TEST(PythonText, StripAndSplitKnowUnicodeBlanks) {
  EXPECT_EQ(python_strip("\u00A0\u3000 a b\x1C\n"), "a b");
  EXPECT_EQ(python_strip(" \t"), "");
  EXPECT_EQ(python_strip("..a.b,.", ".,"), "a.b");
  EXPECT_EQ(python_strip("...", "."), "");
  EXPECT_THAT(python_split(" a\u2028b\u3000 c\x1F"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(python_split(" \n"), ElementsAre());
  EXPECT_THAT(python_split("a\u200Bb"), ElementsAre("a\u200Bb"));  // no blank
}

TEST(PythonText, ReplacesEveryOccurrence) {
  EXPECT_EQ(replace_all("aXbXX", "X", ""), "ab");
  EXPECT_EQ(replace_all("aaa", "aa", "b"), "ba");
  EXPECT_EQ(replace_all("", "a", "b"), "");
}

TEST(PythonText, FloatsAreReadAsPythonReadsThem) {
  EXPECT_EQ(python_float(" 1e3\n"), 1000);
  EXPECT_EQ(python_float("-.5"), -0.5);
  EXPECT_EQ(python_float("+5."), 5);
  EXPECT_EQ(python_float("1_000"), 1000);
  EXPECT_EQ(python_float("-Infinity"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(python_float("３．５"), std::nullopt);  // no point of ASCII
  EXPECT_EQ(python_float("３.５"), 3.5);
  EXPECT_EQ(python_float("-٤٢"), -42);
  EXPECT_EQ(python_float("𝟙𝟘"), 10);
  EXPECT_EQ(python_float("1e400"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(python_float("1e-400"), 0);
  EXPECT_TRUE(std::isnan(python_float("NaN").value()));
  for (const char* text :
       {"", " ", ".", "1_", "_1", "1__0", "0x10", "1e", "1,000", "--1", "+-1", "nan(1)", "5%", "1 2"}) {
    EXPECT_EQ(python_float(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace halftone
