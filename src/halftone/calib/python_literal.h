// Lists in the cells of evaluation files, written as Python writes them. Nothing is evaluated.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "halftone/base/json.h"

namespace halftone {

// A list of strings, numbers, True, False, None and lists: strings in either quote with Python's escapes, a
// comma after the last item allowed. Scalars become strings as str() writes them, so 1e3 is "1000.0". Throws
// Error(input) with the place and what stands there; adjacent strings, which Python joins, are refused.
Json parse_python_list(std::string_view text);

// The answers in a cell: the items of a list, else the cell itself. A cell that begins with "[" must be a list
// of scalars. Throws Error(input).
std::vector<std::string> parse_answers(std::string_view cell);

// str() of a number, True for true, and lists written so that parse_python_list reads them back.
std::string python_text(const Json& value);
std::string python_text(double value);

}  // namespace halftone
