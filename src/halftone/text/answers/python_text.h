// Strings as Python's str sees them, for scorers whose public rules are Python: positions and lengths are code
// points, white space and digits are Unicode's. All texts are UTF-8; what is not valid becomes U+FFFD.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

std::u32string code_points(std::string_view text);
// len(text).
std::size_t python_length(std::string_view text);
// len(text.upper()): some letters become two or three capitals.
std::size_t python_upper_length(std::string_view text);

// str.isspace() of one character: White_Space and the four separators U+001C to U+001F.
bool is_python_space(char32_t c);
// \d of a Python pattern: the general category Nd.
bool is_python_digit(char32_t c);

// str.lower(), with the sigma that ends a word.
std::string python_lower(std::string_view text);
// str.strip(), str.strip(marks) for ASCII marks, str.split(), str.replace(from, to).
std::string python_strip(std::string_view text);
std::string python_strip(std::string_view text, std::string_view marks);
std::vector<std::string> python_split(std::string_view text);
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);

// float(text): blanks around it, digits of any script, "1e3", "inf", "nan", "_" between digits; nothing where
// Python raises.
std::optional<double> python_float(std::string_view text);

}  // namespace halftone
