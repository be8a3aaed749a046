// One row of an evaluation file: its key, its pictures, its cells.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "halftone/calib/sample.h"

namespace halftone {

// One row of a data file. Pictures are still encoded.
struct EvalRow {
  std::string index;                           // the row's key; one file has it once
  std::size_t line = 0;                        // number of the row in its file, from 1, for messages
  std::string origin;                          // "<file>, row <line>", for messages
  std::vector<PictureRef> images;              // in the order of the row
  std::map<std::string, std::string> columns;  // "question", "answer", "category", "hint", "A" ...; a cell that
                                               // is missing has no entry

  // Null when the row has no such cell.
  const std::string* find(const std::string& column) const;
  // Throws Error(input) naming the row and the column.
  const std::string& at(const std::string& column) const;
};

}  // namespace halftone
