// Which option of a multiple-choice question an answer means, by the rules of the public harnesses. No judge is
// asked: where the rules find nothing, nothing is found.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace halftone {

// Letter -> text of the options that a question has.
using Options = std::map<char, std::string>;

// The first stage of one harness: a lone letter near the end, "answer is X", or the one option whose text
// occurs. 'Z' for a refusal.
std::optional<char> infer_option(std::string_view answer, const Options& options);

// The parser of the multi-discipline benchmark: "(A)", then "A ", then "A.", then, in answers of more than five
// words, option texts; of several the last. The benchmark guesses at random where this finds nothing.
std::optional<char> parse_option(std::string_view answer, const Options& options);

// The first character, if there is any: what one harness takes for the letter.
std::string first_letter(std::string_view answer);

// Whether the answer is the letter, in either case, or begins with "<capital>." of it. "(B)" is not "B".
bool is_letter_answer(std::string_view answer, std::string_view letter);

}  // namespace halftone
