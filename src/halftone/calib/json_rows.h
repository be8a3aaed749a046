// Rows of evaluation files in JSON: a list, or an object a line.
#pragma once

#include "halftone/base/json.h"
#include "halftone/calib/eval_file.h"

namespace halftone {

// A list is kept in memory, lines are read again when they are asked for. Throws Error(input) for a file that
// is neither.
EvalTable open_json_rows(FileSystem& files, const EvalSource& source);

// One object as a row; `number` (from 1) is its index when it has none. A conversation gives the columns
// "conversations" (itself), "question" (the first turn of the user) and "answer" (the first of the assistant).
// Other objects give a column a key; lists of scalars are written as Python lists. Throws Error(input).
EvalRow json_row(FileSystem& files, const EvalSource& source, const Json& object, std::size_t number);

}  // namespace halftone
