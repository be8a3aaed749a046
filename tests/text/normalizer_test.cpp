#include "halftone/text/normalizer.h"

#include <gtest/gtest.h>

#include "halftone/base/clock.h"

namespace halftone {
namespace {

MarkedText apply(std::vector<NormalizerStep> steps, MarkedText text) {
  RegexScratch scratch;
  return Normalizer(std::move(steps)).apply(std::move(text), scratch);
}

std::string apply(std::vector<NormalizerStep> steps, const std::string& text) {
  return apply(std::move(steps), MarkedText{text, {}, true}).bytes;
}

constexpr UnicodeForm kNfc{true, false}, kNfd{false, false}, kNfkc{true, true}, kNfkd{false, true};

TEST(Normalizer, NfcComposes) {
  EXPECT_EQ(apply({kNfc}, "e\u0301"), "é");
  EXPECT_EQ(apply({kNfc}, "\u03d2\u0301"), "\u03d3");
  EXPECT_EQ(apply({kNfc}, "\u212b\u2126"), "Å\u03a9") << "singletons";
  EXPECT_EQ(apply({kNfc}, "q\u0307\u0323"), "q\u0323\u0307") << "order of classes";
  EXPECT_EQ(apply({kNfc}, "\u1112\u1161\u11ab"), "한");
  EXPECT_EQ(apply({kNfc}, "가\u11a8"), "각") << "a syllable takes its final consonant";
  EXPECT_EQ(apply({kNfc}, "\u0958"), "\u0915\u093c") << "excluded from composition";
  EXPECT_EQ(apply({kNfc}, "plain, 你好 é ﬁ"), "plain, 你好 é ﬁ");
}

TEST(Normalizer, TheOtherForms) {
  EXPECT_EQ(apply({kNfd}, "é한"), "e\u0301\u1112\u1161\u11ab");
  EXPECT_EQ(apply({kNfkc}, "ﬁ①Ａ\u00bd"), "fi1A1\u20442");
  EXPECT_EQ(apply({kNfkd}, "ﬁé"), "fie\u0301");
  EXPECT_EQ(apply({kNfkc}, "\ufdfa").size(), 33u) << "one scalar becomes eighteen";
}

TEST(Normalizer, FormsAreIdempotentAndAgreeWithEachOther) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += i % 3 == 0 ? "a\u0301" : i % 3 == 1 ? "\u0344\u0323x" : "한ﬁ你";
  for (const UnicodeForm form : {kNfc, kNfd, kNfkc, kNfkd}) {
    const std::string once = apply({form}, text);
    EXPECT_EQ(apply({form}, once), once);
  }
  EXPECT_EQ(apply({kNfd, kNfc}, text), apply({kNfc}, text));
  EXPECT_EQ(apply({kNfkd, kNfkc}, text), apply({kNfkc}, text));
}

// TK-04: the usual bubble sort of combining marks takes minutes here.
TEST(Normalizer, AHundredThousandMarksTakeNoTime) {
  std::string marks = "a";
  for (int i = 0; i < 50000; ++i) marks += "\u0301";
  for (int i = 0; i < 50000; ++i) marks += "\u0323";
  Stopwatch watch;
  const std::string result = apply({kNfc}, marks);
  EXPECT_LT(watch.seconds(), 5);
  EXPECT_EQ(result.substr(0, 5), "ạ\u0323") << "below sorts before above, and the first composes";
}

TEST(Normalizer, TextSteps) {
  EXPECT_EQ(apply({PrependText{"_"}}, "a"), "_a");
  EXPECT_EQ(apply({PrependText{"_"}}, ""), "");
  EXPECT_EQ(apply({ReplaceText{TextPattern::literal(" ", "t"), "▁"}}, " a b"), "▁a▁b");
  EXPECT_EQ(apply({ReplaceText{TextPattern::regex("\\s+", "t"), " "}}, "a \n\t b"), "a b");
  EXPECT_EQ(apply({LowercaseText{}}, "AbÇΣ"), "abçσ");
  EXPECT_EQ(apply({StripText{true, false}}, " \u3000a "), "a ");
  EXPECT_EQ(apply({StripText{false, true}}, " a \n"), " a");
  EXPECT_EQ(apply({StripText{}}, " \n "), "");
  EXPECT_EQ(apply({LowercaseText{}, PrependText{"X"}}, "A"), "Xa") << "in order";
}

std::string marks_after(std::vector<NormalizerStep> steps, const std::string& bytes, const std::string& marks) {
  std::string locked;
  for (const char c : marks) locked += c == 'L' ? '\1' : '\0';
  std::string shown;
  for (const char c : apply(std::move(steps), MarkedText{bytes, locked, true}).locked) shown += c ? 'L' : '.';
  return shown;
}

TEST(Normalizer, MarksTravelWithTheText) {
  EXPECT_EQ(marks_after({kNfc}, "abc", ".L."), ".L.");
  EXPECT_EQ(marks_after({kNfc}, "ae\u0301z", ".L..."), ".LL.") << "a composed scalar is locked if a part was";
  EXPECT_EQ(marks_after({PrependText{"__"}}, "ab", "L."), "LLL.");
  EXPECT_EQ(marks_after({ReplaceText{TextPattern::literal("b", "t"), "xyz"}}, "abc", "..L"), "....L");
  EXPECT_EQ(marks_after({ReplaceText{TextPattern::literal("b", "t"), "xyz"}}, "abc", ".L."), ".LLL.");
  EXPECT_EQ(marks_after({LowercaseText{}}, "İa", "L.."), "LLL.");
  EXPECT_EQ(marks_after({StripText{}}, " ab ", "..L."), ".L");
}

TEST(Normalizer, KnowsWhetherTheFrontIsStillThere) {
  EXPECT_TRUE(apply({StripText{}}, MarkedText{"a ", {}, true}).at_front);
  EXPECT_FALSE(apply({StripText{}}, MarkedText{" a", {}, true}).at_front);
  EXPECT_FALSE(apply({LowercaseText{}}, MarkedText{"a", {}, false}).at_front);
}

}  // namespace
}  // namespace halftone
