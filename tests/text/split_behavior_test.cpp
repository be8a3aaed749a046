#include "halftone/text/split_behavior.h"

#include <string>

#include <gtest/gtest.h>

namespace halftone {
namespace {

// Splits at '-' and shows the fragments with '/' between them.
std::string split(const std::string& text, SplitBehavior behavior, bool invert = false) {
  std::vector<TextSpan> matches, fragments;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '-') matches.push_back({i, i + 1});
  }
  split_at_matches({0, text.size()}, matches, behavior, invert, fragments);
  std::string shown;
  for (const TextSpan span : fragments) shown += std::string(span.of(text)) + "/";
  return shown;
}

TEST(SplitBehavior, EachKeepsOrGluesTheMatches) {
  const std::string text = "The-final--countdown";
  EXPECT_EQ(split(text, SplitBehavior::removed), "The/final/countdown/");
  EXPECT_EQ(split(text, SplitBehavior::isolated), "The/-/final/-/-/countdown/");
  EXPECT_EQ(split(text, SplitBehavior::merged_with_previous), "The-/final-/-/countdown/");
  EXPECT_EQ(split(text, SplitBehavior::merged_with_next), "The/-final/-/-countdown/");
  EXPECT_EQ(split(text, SplitBehavior::contiguous), "The/-/final/--/countdown/");
}

TEST(SplitBehavior, InvertSwapsMatchesAndTheRest) {
  const std::string text = "a--b";
  EXPECT_EQ(split(text, SplitBehavior::removed, true), "-/-/");
  EXPECT_EQ(split(text, SplitBehavior::merged_with_previous, true), "a/-/-b/");
  EXPECT_EQ(split(text, SplitBehavior::merged_with_next, true), "a-/-/b/");
  EXPECT_EQ(split(text, SplitBehavior::contiguous, true), "a/--/b/");
}

TEST(SplitBehavior, EndsOfTheText) {
  EXPECT_EQ(split("-a-", SplitBehavior::removed), "a/");
  EXPECT_EQ(split("-a-", SplitBehavior::merged_with_previous), "-/a-/");
  EXPECT_EQ(split("-a-", SplitBehavior::merged_with_next), "-a/-/");
  EXPECT_EQ(split("", SplitBehavior::isolated), "");
  EXPECT_EQ(split("---", SplitBehavior::removed), "");
}

TEST(SplitBehavior, EmptyMatchesCutWithoutAFragment) {
  std::vector<TextSpan> fragments;
  split_at_matches({2, 6}, {{2, 2}, {4, 4}, {6, 6}}, SplitBehavior::isolated, false, fragments);
  EXPECT_EQ(fragments, (std::vector<TextSpan>{{2, 4}, {4, 6}}));
}

}  // namespace
}  // namespace halftone
