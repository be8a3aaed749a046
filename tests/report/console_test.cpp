#include "halftone/report/console.h"

#include <gtest/gtest.h>

namespace halftone {
namespace {

TEST(TextTable, AlignsWordsLeftAndColumnsOfNumbersRight) {
  EXPECT_EQ(text_table({"name", "size"}, {{"a", "5"}, {"bcdef", "1234567"}}),
            "name      size\n"
            "a            5\n"
            "bcdef  1234567\n");
}

TEST(TextTable, OneWordMakesAColumnOfWords) {
  EXPECT_EQ(text_table({"k", "v"}, {{"a", "5"}, {"b", "none"}}),
            "k  v\n"
            "a  5\n"
            "b  none\n");
}

TEST(TextTable, CountsCodePointsAndTrimsLineEnds) {
  EXPECT_EQ(text_table({"x", "y", "z"}, {{"äöü", "b", ""}, {"abcd", "c", ""}}),
            "x     y  z\n"
            "äöü   b\n"
            "abcd  c\n");
}

TEST(TextTable, WithoutRowsIsItsHeader) { EXPECT_EQ(text_table({"a", "b"}, {}), "a  b\n"); }

TEST(TextTable, SignsAndDotsAreNumbersButDashesAreNot) {
  EXPECT_EQ(text_table({"long", "long"}, {{"-1", "-"}, {".5", "-"}}),
            "long  long\n"
            "  -1  -\n"
            "  .5  -\n");
}

TEST(HumanBytes, UseTheLargestUnitThatReadsWell) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1024), "1.0 KiB");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  // Never "1024.0 KiB".
  EXPECT_EQ(human_bytes((1 << 20) - 1), "1.0 MiB");
  EXPECT_EQ(human_bytes(3ll << 40), "3.0 TiB");
  EXPECT_EQ(human_bytes(INT64_MAX), "8192.0 PiB");
}

TEST(HumanSeconds, HaveTwoUnitsAtMost) {
  EXPECT_EQ(human_seconds(0), "0.0 s");
  EXPECT_EQ(human_seconds(0.04), "0.0 s");
  EXPECT_EQ(human_seconds(9.94), "9.9 s");
  EXPECT_EQ(human_seconds(9.97), "10 s");
  EXPECT_EQ(human_seconds(42.4), "42 s");
  EXPECT_EQ(human_seconds(59.7), "1 min 00 s");
  EXPECT_EQ(human_seconds(125), "2 min 05 s");
  EXPECT_EQ(human_seconds(3599.6), "1 h 00 min");
  EXPECT_EQ(human_seconds(3 * 3600 + 12 * 60 + 59), "3 h 12 min");
}

}  // namespace
}  // namespace halftone
