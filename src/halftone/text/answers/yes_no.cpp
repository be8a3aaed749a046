#include "halftone/text/answers/yes_no.h"

#include <algorithm>

#include "halftone/text/answers/python_text.h"
#include "halftone/text/answers/vqa.h"

namespace halftone {

std::optional<bool> yes_no_by_word(std::string_view answer) {
  const auto words = python_split(drop_punctuation(python_lower(answer), VqaRules::vlmevalkit));
  const bool yes = std::find(words.begin(), words.end(), "yes") != words.end();
  const bool no = std::find(words.begin(), words.end(), "no") != words.end();
  return yes == no ? std::nullopt : std::optional(yes);
}

std::optional<bool> yes_no_by_prefix(std::string_view answer) {
  const std::u32string text = code_points(replace_all(python_strip(python_lower(answer)), ".", ""));
  if (text.size() == 1)
    return text == U"y" ? std::optional(true) : text == U"n" ? std::optional(false) : std::nullopt;
  const std::u32string front = text.substr(0, 4);
  if (front.find(U"yes") != std::u32string::npos) return true;
  if (front.find(U"no") != std::u32string::npos) return false;
  return std::nullopt;
}

}  // namespace halftone
