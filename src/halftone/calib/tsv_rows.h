// Rows of a tab-separated evaluation file.
#pragma once

#include "halftone/calib/eval_file.h"

namespace halftone {

// Reads the file through once; its rows keep the file open. Throws Error(input) for a header that is missing,
// lacks "index" or has a column twice.
EvalTable open_tsv_rows(FileSystem& files, const EvalSource& source);

}  // namespace halftone
