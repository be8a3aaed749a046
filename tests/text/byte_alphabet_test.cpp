#include "halftone/text/byte_alphabet.h"

#include <set>

#include <gtest/gtest.h>

#include "halftone/text/codepoints.h"

namespace halftone {
namespace {

TEST(ByteAlphabet, IsTheAlphabetOfTheReference) {
  EXPECT_EQ(byte_character('!'), U'!');
  EXPECT_EQ(byte_character(' '), 0x120u);
  EXPECT_EQ(byte_character('\n'), 0x10Au);
  EXPECT_EQ(byte_character('\t'), 0x109u);
  EXPECT_EQ(byte_character(0xFF), 0xFFu);
  EXPECT_EQ(byte_character(0xAD), 0x143u);  // the last of the 68
}

TEST(ByteAlphabet, IsABijection) {
  std::set<char32_t> seen;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char32_t c = byte_character(static_cast<std::uint8_t>(byte));
    seen.insert(c);
    ASSERT_EQ(character_byte(c), byte);
  }
  EXPECT_EQ(seen.size(), 256u);
  EXPECT_FALSE(character_byte(U' ').has_value());
  EXPECT_FALSE(character_byte(U'你').has_value());
}

TEST(ByteAlphabet, TokensGoBackToTheirBytes) {
  std::string all, spelled;
  for (unsigned byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  append_byte_characters(spelled, all);
  EXPECT_TRUE(is_valid_utf8(spelled));
  EXPECT_EQ(bytes_of_token(spelled), all);
  EXPECT_EQ(bytes_of_token("Ġthe"), " the");
  EXPECT_EQ(bytes_of_token("a b"), "a b") << "a blank is not in the alphabet: the token stands for itself";
}

}  // namespace
}  // namespace halftone
