// The regular expressions of tokenizer.json are written for Oniguruma (Ruby's syntax, Unicode classes); this
// room matches them with PCRE2. The two read some things differently; the translation keeps Oniguruma's
// meaning.
//
//   \s \S \w \W \d \D \h \H, [:alpha:] ...  Oniguruma's Unicode classes (PCRE2's \s also takes U+180E, \h is a
//   blank) \p{Name}                                a script is the script itself, not its extensions \b \B by
//   Oniguruma's \w \uHHHH, {,n}, \v, (?m)                  spelled as PCRE2 spells them
//
// Compile the result with UTF, UCP, MULTILINE (Ruby's ^ and $ are those of lines) and newline LF.
#pragma once

#include <string>
#include <string_view>

namespace halftone {

// `origin` names the file in messages. Throws Error(unsupported) for constructs that only one of the two
// engines has or that both read differently: nested classes and &&, \X, \Q, \K, verbs, callouts, recursion,
// {n}+.
std::string translate_regex(std::string_view pattern, const std::string& origin);

}  // namespace halftone
