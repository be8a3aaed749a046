// The door to PCRE2: regular expressions of tokenizer files, compiled once, matched many times. Its tables are
// those of Unicode 14 (PCRE2 10.42): a letter that is younger counts as none.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "halftone/text/text_span.h"

namespace halftone {

// What one thread needs while it matches; usable with every Regex, by one thread at a time.
class RegexScratch {
 public:
  RegexScratch();
  ~RegexScratch();
  RegexScratch(RegexScratch&&) noexcept;
  RegexScratch& operator=(RegexScratch&&) noexcept;

 private:
  friend class Regex;
  struct State;
  std::unique_ptr<State> state_;
};

// Immutable and thread-safe; copies share what was compiled.
class Regex {
 public:
  // `pattern` in Oniguruma's syntax (regex_dialect.h); `origin` names the file in messages. Throws
  // Error(unsupported) for what cannot be translated, Error(input) for what does not compile.
  Regex(std::string_view pattern, const std::string& origin);

  // The leftmost match in text, valid UTF-8, that begins at or after `from`, which is on the border of a
  // scalar. Throws Error(input) when the pattern backtracks beyond every measure.
  std::optional<TextSpan> find(std::string_view text, std::size_t from, RegexScratch& scratch) const;

  const std::string& pattern() const { return pattern_; }
  const std::string& origin() const { return origin_; }

 private:
  struct Code;
  std::shared_ptr<const Code> code_;
  std::string pattern_, origin_;
};

}  // namespace halftone
