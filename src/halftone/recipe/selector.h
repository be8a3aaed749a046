// Patterns over site names: globs ("language.*.down", * matches dots too) or "re:" and a regular expression
// that must match the whole name.
#pragma once

#include <regex>
#include <string>

namespace halftone {

class Selector {
 public:
  // Throws Error(usage) for a broken regular expression.
  explicit Selector(std::string pattern);
  bool matches(const std::string& name) const;
  const std::string& pattern() const { return pattern_; }

 private:
  std::string pattern_;
  std::regex compiled_;
};

}  // namespace halftone
