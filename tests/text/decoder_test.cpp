#include "halftone/text/decoder.h"

#include <gtest/gtest.h>

namespace halftone {
namespace {

std::string decode(std::vector<DecoderStep> steps, std::vector<std::string> tokens) {
  RegexScratch scratch;
  return Decoder(std::move(steps)).apply(std::move(tokens), scratch);
}

const std::string kBad = "\xEF\xBF\xBD";

TEST(Decoder, WithoutOneTokensAreJoinedByBlanks) {
  RegexScratch scratch;
  EXPECT_EQ(Decoder().apply({"a", "b"}, scratch), "a b");
}

TEST(Decoder, ByteLevelJoinsBytesAcrossTokens) {
  EXPECT_EQ(decode({ByteLevelDecode{}}, {"Ã", "©", "Ġb"}), "é b");
  EXPECT_EQ(decode({ByteLevelDecode{}}, {"Ã", "b"}), kBad + "b");
  EXPECT_EQ(decode({ByteLevelDecode{}}, {"a b", "Ġ"}), "a b ") << "not in the alphabet: as it is";
}

TEST(Decoder, ByteFallbackNeedsAWholeRun) {
  EXPECT_EQ(decode({ByteFallbackDecode{}}, {"<0xC3>", "<0xA9>", "x"}), "éx");
  EXPECT_EQ(decode({ByteFallbackDecode{}}, {"<0xC3>", "x"}), kBad + "x");
  EXPECT_EQ(decode({ByteFallbackDecode{}}, {"<0xC3>", "<0xA9>", "<0xFF>"}), kBad + kBad + kBad);
  EXPECT_EQ(decode({ByteFallbackDecode{}}, {"<0xG1>", "<0x4>", "<0x41>", "<0x4a>"}), "<0xG1><0x4>AJ");
}

TEST(Decoder, StepsOnTokens) {
  EXPECT_EQ(decode({ReplaceDecode{TextPattern::literal("▁", "t"), " "}}, {"▁a", "▁▁b"}), " a  b");
  EXPECT_EQ(decode({ReplaceDecode{TextPattern::regex("[ab]+", "t"), "-"}}, {"xaab", "b"}), "x--");
  EXPECT_EQ(decode({StripDecode{' ', 1, 0}}, {"  a ", " b"}), " a b");
  EXPECT_EQ(decode({StripDecode{'_', 9, 9}}, {"__", "_a_"}), "a") << "counts beyond the token";
  EXPECT_EQ(decode({FuseDecode{}, StripDecode{' ', 1, 0}}, {" a", " b"}), "a b");
  EXPECT_EQ(decode({MetaspaceDecode{0x2581, true}}, {"▁a", "▁b"}), "a b");
  EXPECT_EQ(decode({MetaspaceDecode{0x2581, false}}, {"▁a", "▁b"}), " a b");
  EXPECT_EQ(decode({ByteFallbackDecode{}, FuseDecode{}}, {}), "");
}

}  // namespace
}  // namespace halftone
