// What Split and Replace steps look for: a literal string or a regular expression.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "halftone/text/regex.h"

namespace halftone {

// Immutable and thread-safe.
class TextPattern {
 public:
  // Throws Error(input) for an empty string.
  static TextPattern literal(std::string text, const std::string& origin);
  static TextPattern regex(std::string_view pattern, const std::string& origin);

  // Appends all matches in text, leftmost first, without overlap. An empty match right behind another match
  // does not count. Throws Error(input) when the search takes longer than any sane pattern would.
  void find_all(std::string_view text, RegexScratch& scratch, std::vector<TextSpan>& matches) const;

 private:
  explicit TextPattern(std::variant<std::string, Regex> what) : what_(std::move(what)) {}
  std::variant<std::string, Regex> what_;
};

}  // namespace halftone
