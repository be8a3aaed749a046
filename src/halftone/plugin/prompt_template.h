// The small language of prompts in profiles: columns of a row set into a text.
#pragma once

#include <string>
#include <string_view>

#include "halftone/calib/eval_row.h"

namespace halftone {

// Whether a column holds an option: one capital letter.
bool is_option(const std::string& column);

// "A. text", one line an option, in the order of the letters; empty when there are none.
std::string option_lines(const EvalRow& row);

// Fills a template: "{question}" and any other column by its name; "{options}" is option_lines();
// "{question:strip}" and "{question:capitalize}" as Python's methods of these names, "{question:without|text}"
// less every occurrence of the text. A part in [square brackets] is left out where a column inside it is
// missing; brackets do not nest. "[[", "]]", "{{" and "}}" stand for the sign alone. Throws Error(input) naming
// the row for a missing column outside brackets, Error(usage) for a template that does not parse.
std::string fill_template(std::string_view text, const EvalRow& row);

}  // namespace halftone
