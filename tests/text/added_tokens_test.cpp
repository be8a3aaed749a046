#include "halftone/text/added_tokens.h"

#include "tests/text/thrown.h"

namespace halftone {
namespace {

AddedToken token(std::string content, std::int64_t id) {
  AddedToken result;
  result.content = std::move(content);
  result.id = id;
  return result;
}

// "text/" for ordinary segments, "[text=id]/" for tokens.
std::string split(const std::vector<AddedToken>& tokens, const MarkedText& text, bool normalized = false) {
  const AddedTokens added(tokens, Normalizer(), "t.json");
  std::string shown;
  for (const TextSegment& segment : added.split(text, normalized)) {
    const std::string part(segment.span.of(text.bytes));
    shown += segment.id < 0 ? part + "/" : "[" + part + "=" + std::to_string(segment.id) + "]/";
  }
  return shown;
}

std::string split(const std::vector<AddedToken>& tokens, const std::string& text) {
  return split(tokens, MarkedText{text, {}, true});
}

TEST(AddedTokens, LeftmostThenLongest) {
  const std::vector<AddedToken> tokens = {token("<a>", 1), token("<a><b>", 2), token("b>c", 3)};
  EXPECT_EQ(split(tokens, "x<a>y"), "x/[<a>=1]/y/");
  EXPECT_EQ(split(tokens, "<a><b>c"), "[<a><b>=2]/c/") << "what begins first, and of these the longest";
  EXPECT_EQ(split(tokens, "<a><c"), "[<a>=1]/<c/");
  EXPECT_EQ(split(tokens, ""), "");
  EXPECT_EQ(split({}, "text"), "text/");
}

TEST(AddedTokens, SingleWordLooksAtTheNeighbours) {
  AddedToken dog = token("dog", 1);
  dog.single_word = true;
  EXPECT_EQ(split({dog}, "a dog."), "a /[dog=1]/./");
  EXPECT_EQ(split({dog}, "dogs hotdog dogé"), "dogs hotdog dogé/");
}

TEST(AddedTokens, StripsTakeTheWhiteSpaceWithThem) {
  AddedToken left = token("<l>", 1), right = token("<r>", 2);
  left.lstrip = true;
  right.rstrip = true;
  EXPECT_EQ(split({left, right}, "a \n<l> b"), "a/[ \n<l>=1]/ b/");
  EXPECT_EQ(split({left, right}, "a <r>\u3000 b"), "a /[<r>\u3000 =2]/b/");
  EXPECT_EQ(split({left, right}, "<r>  <l>"), "[<r>  =2]/[<l>=1]/") << "not past the previous match";
}

TEST(AddedTokens, WhatAnotherTokenTookIsNothing) {
  AddedToken right = token("<r>", 1), blank = token(" ", 2);
  right.rstrip = true;
  blank.lstrip = true;
  EXPECT_EQ(split({right, blank}, "<r> a"), "[<r> =1]/a/");
}

TEST(AddedTokens, LockedBytesHoldNoToken) {
  const std::vector<AddedToken> tokens = {token("<a>", 1), token("<a>b", 2)};
  const auto locked = [&](const std::string& text, const std::string& marks) {
    std::string bytes;
    for (const char c : marks) bytes += c == 'L' ? '\1' : '\0';
    return split(tokens, MarkedText{text, bytes, true});
  };
  EXPECT_EQ(locked("<a><a>", "LLL..."), "<a>/[<a>=1]/");
  EXPECT_EQ(locked("<a><a>", ".L...."), "<a>/[<a>=1]/") << "one locked byte is enough";
  EXPECT_EQ(locked("<a>b", "...L"), "[<a>=1]/b/") << "the longer one would need the locked byte";
}

TEST(AddedTokens, NormalizedOnesMatchTheirNormalizedContent) {
  AddedToken yes = token("Dog", 1), no = token("CAT", 2);
  yes.normalized = true;
  const AddedTokens added({yes, no}, Normalizer({LowercaseText{}}), "t.json");
  const MarkedText text{"dog CAT", {}, true};
  EXPECT_EQ(added.split(text, true).at(0).id, 1);
  EXPECT_EQ(added.split(text, false).at(1).id, 2);
}

TEST(AddedTokens, LookUps) {
  const AddedTokens added({token("<a>", 5), token("<b>", 3)}, Normalizer(), "t.json");
  EXPECT_EQ(added.find(3)->content, "<b>");
  EXPECT_EQ(added.find(4), nullptr);
  EXPECT_EQ(added.id_of("<a>"), 5);
  EXPECT_FALSE(added.id_of("<c>").has_value());
  EXPECT_EQ(added.max_id(), 5);
  EXPECT_EQ(AddedTokens().max_id(), -1);
}

TEST(AddedTokens, RefusesContradictions) {
  const auto make = [](std::vector<AddedToken> tokens) {
    return [tokens] { AddedTokens(tokens, Normalizer(), "t.json"); };
  };
  expect_error(ErrorKind::input, "t.json: two added tokens have the id 1",
               make({token("a", 1), token("b", 1)}));
  expect_error(ErrorKind::input, "t.json: the added token \"a\" stands twice",
               make({token("a", 1), token("a", 2)}));
  expect_error(ErrorKind::input, "t.json: the token with the id 1 is empty", make({token("", 1)}));
  expect_error(ErrorKind::input, "has the id -4", make({token("a", -4)}));
  expect_error(ErrorKind::input, "has 2000 bytes, the limit is 1024", make({token(std::string(2000, 'a'), 1)}));
}

}  // namespace
}  // namespace halftone
