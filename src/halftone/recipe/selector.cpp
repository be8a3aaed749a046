#include "halftone/recipe/selector.h"

#include "halftone/base/error.h"

namespace halftone {
namespace {

std::string regex_of(const std::string& pattern) {
  if (pattern.starts_with("re:")) return pattern.substr(3);
  std::string out;
  for (const char c : pattern) {
    if (c == '*') {
      out += ".*";
    } else if (c == '?') {
      out += '.';
    } else {
      if (std::string_view(R"(\^$.|+()[]{})").find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

}  // namespace

Selector::Selector(std::string pattern) : pattern_(std::move(pattern)) {
  try {
    compiled_ = std::regex(regex_of(pattern_), std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error&) {
    fail(ErrorKind::usage, "selector \"{}\" is not a valid regular expression", pattern_);
  }
}

bool Selector::matches(const std::string& name) const { return std::regex_match(name, compiled_); }

}  // namespace halftone
