#include "halftone/text/pretokenizer.h"

#include <gtest/gtest.h>

namespace halftone {
namespace {

std::string words(std::vector<PreTokenizerStep> steps, const std::string& text, bool at_front = true) {
  RegexScratch scratch;
  const Words result = PreTokenizer(std::move(steps)).apply(text, at_front, scratch);
  std::string shown;
  for (const TextSpan span : result.spans) shown += std::string(span.of(result.text)) + "/";
  return shown;
}

using Prepend = MetaspaceStep::Prepend;

TEST(PreTokenizer, WithoutStepsThePieceIsOneWord) {
  EXPECT_EQ(words({}, "a b"), "a b/");
  EXPECT_EQ(words({}, ""), "");
}

TEST(PreTokenizer, ByteLevelSplitsAsTheFirstOfItsKind) {
  const ByteLevelStep step{false, TextPattern::regex(kByteLevelPattern, "t")};
  EXPECT_EQ(words({step}, "I don't  have 10%"), "I/Ġdon/'t/Ġ/Ġhave/Ġ10/%/");
  EXPECT_EQ(words({step}, "é\n"), "Ã©/Ċ/");
  EXPECT_EQ(words({ByteLevelStep{true, {}}}, "ab c"), "ĠabĠc/");
  EXPECT_EQ(words({ByteLevelStep{true, {}}}, " ab"), "Ġab/") << "a blank that is there is enough";
}

TEST(PreTokenizer, SplitSeesOneFragmentAtATime) {
  const SplitStep at_blank{TextPattern::literal(" ", "t"), SplitBehavior::removed, false};
  const SplitStep first_letter{TextPattern::regex("^.", "t"), SplitBehavior::isolated, false};
  EXPECT_EQ(words({at_blank, first_letter}, "ab cd"), "a/b/c/d/");
}

TEST(PreTokenizer, Metaspace) {
  EXPECT_EQ(words({MetaspaceStep{"▁", Prepend::always, true}}, "a b  c"), "▁a/▁b/▁/▁c/");
  EXPECT_EQ(words({MetaspaceStep{"▁", Prepend::always, true}}, " a"), "▁a/") << "never doubled";
  EXPECT_EQ(words({MetaspaceStep{"▁", Prepend::never, false}}, "a b"), "a▁b/");
  EXPECT_EQ(words({MetaspaceStep{"▁", Prepend::first, false}}, "a", true), "▁a/");
  EXPECT_EQ(words({MetaspaceStep{"▁", Prepend::first, false}}, "a", false), "a/");
}

TEST(PreTokenizer, MetaspaceFirstIsTheFirstWordOnly) {
  const MetaspaceStep first{"▁", Prepend::first, true};
  EXPECT_EQ(words({WhitespaceSplitStep{}, first}, "a b"), "▁a/b/");
  EXPECT_EQ(words({WhitespaceSplitStep{}, first}, " a b"), "a/b/") << "the front was removed";
}

TEST(PreTokenizer, CharacterClasses) {
  EXPECT_EQ(words({DigitsStep{true}}, "ab12½c"), "ab/1/2/½/c/");
  EXPECT_EQ(words({DigitsStep{false}}, "ab12½c"), "ab/12½/c/");
  EXPECT_EQ(words({WhitespaceSplitStep{}}, " a,b \u3000c\n"), "a,b/c/");
  EXPECT_EQ(words({WhitespaceStep{}}, "Hey, you_2!? e\u0301"), "Hey/,/you_2/!?/e\u0301/");
  EXPECT_EQ(words({PunctuationStep{}}, "a?!b$"), "a/?/!/b/$/");
  EXPECT_EQ(words({PunctuationStep{SplitBehavior::contiguous}}, "a?!b。"), "a/?!/b/。/");
}

TEST(PreTokenizer, StepsFollowEachOther) {
  EXPECT_EQ(words({WhitespaceSplitStep{}, DigitsStep{true}, ByteLevelStep{}}, "a1 é"), "a/1/Ã©/");
}

}  // namespace
}  // namespace halftone
