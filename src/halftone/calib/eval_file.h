// Evaluation files, row by row:
//
//   *.tsv     one header line; index, image (base64, a list of such, or the index of the row that holds the
//             picture), image_path, question, hint, A ... Z, answer, answers, category, split ...
//   *.json    a list of conversations (dataset.h), or of objects whose keys are such columns
//   *.jsonl   the same, one object a line
//
// A file is read through once when it is opened, which finds its rows, the types of its columns and what stands
// twice; it costs about a hundred bytes a row. Rows are read when they are asked for, so a file may be larger
// than memory.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "halftone/calib/eval_row.h"
#include "halftone/io/file.h"

namespace halftone {

struct EvalSource {
  std::string path;
  std::string images;  // where picture files are looked for first; then beside the file, then in its images/
  bool pandas_missing =
      true;  // cells "NA", "None", "null" ... are missing, as pandas has it; else only empty ones
};

// What a reader of one kind of file gives. `row` throws Error(input) without saying which row it is.
struct EvalTable {
  std::vector<std::string> columns;  // of a header; empty where there is none
  std::size_t rows = 0;
  std::size_t vanished_cells = 0;  // cells that say "NA", "None" ... and count as missing
  std::function<EvalRow(std::size_t)> row;
};

class EvalFile {
 public:
  // `needed`: columns that the file and each of its rows must have; "image" stands for at least one picture.
  // Throws Error(input) for a file that is missing, no data file, or lacks a needed column; Error(unsupported)
  // for another kind of file. `files` must outlive the object.
  EvalFile(FileSystem& files, const EvalSource& source, std::vector<std::string> needed = {});

  std::size_t size() const { return table_.rows; }
  // Row i of the file, i < size(), numbered i + 1 in messages. Throws Error(input) in one sentence that begins
  // with "<file>, row <number>: " for a row that cannot be used: a needed cell is missing, an index stands
  // twice, a picture is no base64, not there, or refers to a row that has none; a line is no JSON. Pictures are
  // not decoded here.
  EvalRow row(std::size_t i) const;
  const std::vector<std::string>& columns() const { return table_.columns; }
  std::size_t vanished_cells() const { return table_.vanished_cells; }

 private:
  std::string path_;
  std::vector<std::string> needed_;
  EvalTable table_;
};

}  // namespace halftone
