// Whether an answer says yes or no, by the rules of two public harnesses.
#pragma once

#include <optional>
#include <string_view>

namespace halftone {

// Exactly one of the words "yes" and "no" stands in the answer, punctuation aside.
std::optional<bool> yes_no_by_word(std::string_view answer);

// "yes", "no", "y", "n", or one of the first two within the first four characters: "nothing" is a no.
std::optional<bool> yes_no_by_prefix(std::string_view answer);

}  // namespace halftone
