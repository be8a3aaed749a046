#include "halftone/text/answers/option_letter.h"

#include "tests/scoring_fixture.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

const Options kColours = {{'A', "red"}, {'B', "blue"}, {'C', "green"}, {'D', "black"}};

Options options_of(const Json& c) {
  Options options;
  for (const auto& [letter, text] : c["options"].items()) options[letter[0]] = text.get<std::string>();
  return options;
}

// "" for nothing, as the fixtures have null.
std::string shown(std::optional<char> letter) { return letter ? std::string(1, *letter) : ""; }
std::string shown(const Json& letter) { return letter.is_null() ? "" : letter.get<std::string>(); }

TEST(OptionLetter, LettersAreThoseOfTheHarnesses) {
  for (const auto& c : scoring_fixture("option")) {
    if (!c.contains("options")) continue;
    EXPECT_EQ(shown(infer_option(text_of(c, "answer"), options_of(c))), shown(c["inferred"])) << c;
    EXPECT_EQ(shown(parse_option(text_of(c, "answer"), options_of(c))), shown(c["parsed"])) << c;
  }
}

TEST(OptionLetter, FirstAndExactLettersAreThoseOfTheHarnesses) {
  for (const auto& c : scoring_fixture("option")) {
    if (!c.contains("letter")) continue;
    EXPECT_EQ(first_letter(text_of(c, "answer")), text_of(c, "first")) << c;
    EXPECT_EQ(is_letter_answer(text_of(c, "answer"), text_of(c, "letter")), c["is_letter"].get<bool>()) << c;
  }
}

TEST(OptionLetter, TheTwoParsersDisagree) {
  EXPECT_EQ(infer_option("blue", kColours), 'B');
  EXPECT_EQ(parse_option("blue", kColours), std::nullopt);
  EXPECT_EQ(infer_option("A and B", kColours), std::nullopt);
  EXPECT_EQ(parse_option("A and B", kColours), 'B');
  EXPECT_EQ(infer_option("The answer is **D**", kColours), 'D');
  EXPECT_EQ(parse_option("The answer is **D**", kColours), std::nullopt);
}

TEST(OptionLetter, ALetterCountsAmongTheLastFourWordsOnly) {
  EXPECT_EQ(infer_option("B one two three", kColours), 'B');
  EXPECT_EQ(infer_option("B one two three four", kColours), std::nullopt);
}

TEST(OptionLetter, AnOptionInsideAnotherIsNotFoundByItsText) {
  const Options nested = {{'A', "red"}, {'B', "dark red"}};
  EXPECT_EQ(infer_option("red", nested), 'A');
  EXPECT_EQ(infer_option("dark red", nested), std::nullopt);
}

}  // namespace
}  // namespace halftone
