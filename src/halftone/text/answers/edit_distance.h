// Average normalised Levenshtein similarity, the score of document questions (Biten et al. 2019).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace halftone {

// Insertions, deletions and replacements of code points.
std::size_t levenshtein(std::u32string_view a, std::u32string_view b);

// 1 - min over the answers of distance / longer length, in [0, 1]; 0 when below one half. The distance is that
// of the texts in lower case with single blanks, the lengths are those of the raw texts in capitals, as the
// public scorers have it. No answers: 0.
double anls(std::string_view prediction, std::span<const std::string> answers);

}  // namespace halftone
