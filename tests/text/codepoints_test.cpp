#include "halftone/text/codepoints.h"

#include <gtest/gtest.h>

namespace halftone {
namespace {

TEST(Codepoints, EveryScalarSurvivesWritingAndReading) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const std::string text = to_utf8(c);
    ASSERT_TRUE(is_valid_utf8(text)) << static_cast<unsigned>(c);
    ASSERT_EQ(front_scalar(text).value, c);
    ASSERT_EQ(front_scalar(text).length, text.size());
    ASSERT_EQ(back_scalar("a" + text).value, c);
  }
}

TEST(Codepoints, LongestInvalidPartsBecomeOneReplacementEach) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(lossy_utf8("plain é 你 😀"), "plain é 你 😀");
  EXPECT_EQ(lossy_utf8("a\xFFz"), "a" + bad + "z");
  EXPECT_EQ(lossy_utf8("\xE4\xBDz"), bad + "z");                     // cut off after two of three bytes
  EXPECT_EQ(lossy_utf8("\xF0\x9F\x98"), bad);                        // ... after three of four
  EXPECT_EQ(lossy_utf8("\xC0\x80"), bad + bad);                      // overlong
  EXPECT_EQ(lossy_utf8("\xED\xA0\x80"), bad + bad + bad);            // a surrogate
  EXPECT_EQ(lossy_utf8("\xF4\x90\x80\x80"), bad + bad + bad + bad);  // beyond 10FFFF
  EXPECT_EQ(lossy_utf8("\x80\x80"), bad + bad);
  EXPECT_EQ(lossy_utf8("0123456789\xE4"), "0123456789" + bad);
}

TEST(Codepoints, WhiteSpaceIsTheUnicodeProperty) {
  int count = 0;
  for (char32_t c = 0; c < 0x110000; ++c) count += is_white_space(c);
  EXPECT_EQ(count, 25);
  EXPECT_TRUE(is_white_space(0x3000));
  EXPECT_TRUE(is_white_space(0x85));
  EXPECT_FALSE(is_white_space(0x200B));
  EXPECT_FALSE(is_white_space(0x180E));
}

TEST(Codepoints, ClassesAgreeWithUnicode) {
  EXPECT_TRUE(is_numeric(U'7') && is_numeric(U'½') && is_numeric(U'Ⅷ') && is_numeric(U'٣'));
  EXPECT_FALSE(is_numeric(U'a') || is_numeric(U'一'));
  EXPECT_TRUE(is_punctuation(U'$') && is_punctuation(U'。') && is_punctuation(U'«') && is_punctuation(U'~'));
  EXPECT_FALSE(is_punctuation(U'€') || is_punctuation(U'a') || is_punctuation(U' '));
  EXPECT_TRUE(is_word(U'_') && is_word(U'é') && is_word(0x301) && is_word(0x200D) && is_word(U'ⓐ'));
  EXPECT_FALSE(is_word(U'-') || is_word(U'½') || is_word(U' ') || is_word(U'😀'));
}

TEST(Codepoints, LowerCaseIsTheFullMapping) {
  const auto lower = [](std::u32string_view text) {
    std::string out;
    for (const char32_t c : text) append_lower(out, c);
    return out;
  };
  EXPECT_EQ(lower(U"ABC xyz"), "abc xyz");
  EXPECT_EQ(lower(U"ÄÖÜΣЖ"), "äöüσж");
  EXPECT_EQ(lower(U"İ"), "i\xCC\x87");
}

}  // namespace
}  // namespace halftone
