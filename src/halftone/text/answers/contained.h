// The rule of optical character recognition: the answer occurs in what was said.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace halftone {

struct ContainedRule {
  bool formula = false;         // case counts and blanks do not: handwritten formulas
  bool fold_fullwidth = false;  // full-width ASCII becomes ASCII first; not in formulas
};

// Whether one of the answers is a part of the prediction; both in lower case, without white space at the ends,
// line breaks as blanks. An empty answer is a part of everything.
bool contains_answer(std::string_view prediction, std::span<const std::string> answers, ContainedRule rule);

}  // namespace halftone
