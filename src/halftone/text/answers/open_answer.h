// Questions of the multi-discipline benchmark that are answered freely: numbers and phrases are drawn out of
// what was said and compared with the answers (Yue et al. 2024, their evaluation code).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace halftone {

// A phrase in lower case, or a number rounded to two decimals.
using OpenValue = std::variant<std::string, double>;

// "1,000" is a number; a phrase of one character becomes two, with a blank before and behind.
std::vector<OpenValue> normalize_open(std::string_view text);

// Every number in a text, as written.
std::vector<std::string> numbers_in(std::string_view text);

// What the answer may be: the tails behind "is", "so", "answer" and the like of each line, and the numbers in
// them.
std::vector<OpenValue> open_candidates(std::string_view prediction);

// Whether a candidate holds one of the answers (phrases) or is equal to one (numbers).
bool open_matches(std::string_view prediction, std::span<const std::string> answers);

}  // namespace halftone
