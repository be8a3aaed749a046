// Added tokens: strings that are one token wherever they stand in a text, before the model sees it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "halftone/text/marked_text.h"
#include "halftone/text/normalizer.h"

namespace halftone {

struct AddedToken {
  std::string content;
  std::int64_t id = 0;
  bool single_word = false;  // only where no word character stands next to it
  bool lstrip = false;       // takes the white space on its left with it
  bool rstrip = false;       // ... on its right
  bool normalized = false;   // looked for in the normalized text, by its normalized content
  bool special = false;      // left out of a decoded text when asked
};

// A part of a text: an added token, or what stands between two.
struct TextSegment {
  TextSpan span;
  std::int64_t id = -1;  // -1: ordinary text
};

// Finds the strings of a set in a text: the leftmost match, and of those that begin there the longest.
class StringMatcher {
 public:
  struct Match {
    TextSpan span;
    std::size_t value = 0;  // what was given with the string
  };

  // An empty string is ignored; of equal ones the first counts.
  void add(std::string_view text, std::size_t value);
  bool empty() const { return nodes_.size() == 1; }
  // The first match in text that begins at or after `from` and holds no locked byte.
  std::optional<Match> find(const MarkedText& text, std::size_t from) const;

 private:
  static constexpr std::size_t kNoValue = SIZE_MAX;
  struct Node {
    std::vector<std::pair<char, std::uint32_t>> children;  // few: searched in order
    std::size_t value = kNoValue;
  };
  std::uint32_t child(std::uint32_t node, char letter) const;  // 0: none
  std::optional<Match> longest_at(const MarkedText& text, std::size_t begin) const;

  std::vector<Node> nodes_ = {Node{}};
  bool begins_[256] = {};
};

// Immutable and thread-safe.
class AddedTokens {
 public:
  AddedTokens() = default;
  // `normalizer` is the tokenizer's. Throws Error(input) for contents or ids that check_token refuses, that
  // stand twice with different partners, and for contents above kMaxAddedBytes.
  AddedTokens(std::vector<AddedToken> tokens, const Normalizer& normalizer, const std::string& origin);

  // The parts of text, in order, by the tokens that are looked for in raw (or else in normalized) text. A text
  // without tokens is one segment; an empty one has none.
  std::vector<TextSegment> split(const MarkedText& text, bool normalized) const;

  const AddedToken* find(std::int64_t id) const;
  std::optional<std::int64_t> id_of(const std::string& content) const;
  std::int64_t max_id() const;  // -1 when empty
  const std::vector<AddedToken>& tokens() const { return tokens_; }

  static constexpr std::size_t kMaxAddedBytes = 1024;

 private:
  bool stands_alone(const MarkedText& text, TextSpan span) const;

  std::vector<AddedToken> tokens_;
  std::unordered_map<std::int64_t, std::size_t> by_id_;
  std::unordered_map<std::string, std::size_t> by_content_;
  StringMatcher raw_, normalized_;
};

}  // namespace halftone
