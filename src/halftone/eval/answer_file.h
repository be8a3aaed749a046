// Answers as JSON lines, written as they come, so that an evaluation that was killed goes on where it was and
// scores can be made again without the model.
//
//   {"kind": "evaluation", ...}                                        what was asked of which model
//   {"index", "row", "answer", "ids", "prompt_tokens", "finish"}       a generated answer
//   {"index", "row", "nll", "tokens"}                                  a likelihood
//
// "row" is a hash of the row's cells and pictures: a row that has changed since is run again.
#pragma once

#include <map>
#include <string>

#include "halftone/base/json.h"
#include "halftone/calib/eval_row.h"
#include "halftone/io/file.h"
#include "halftone/plugin/task.h"

namespace halftone {

struct RowAnswer {
  std::string index, row;
  Answer answer;          // of a generation task
  Likelihood likelihood;  // of a likelihood task
};

// Of the cells and the encoded pictures. Throws Error(input) for a picture that is not there.
std::string row_hash(FileSystem& files, const EvalRow& row);

class AnswerFile {
 public:
  // Takes over the whole lines of a file that stands there under the same header; a last line that was torn is
  // dropped. Throws Error(conflict) when the file's header is another, Error(input) for a line that is no
  // answer.
  AnswerFile(FileSystem& files, const std::string& path, const Json& header);

  // The answer that an earlier run gave to this row; null where there is none.
  const RowAnswer* find(const std::string& index, const std::string& row) const;
  std::size_t size() const { return answers_.size(); }
  void add(TaskKind kind, const RowAnswer& answer);
  // What was added is on the disk when this returns.
  void sync();
  void finish();

 private:
  void append(const std::string& line);

  std::map<std::string, RowAnswer> answers_;  // by index
  OutputFile file_;
  std::uint64_t size_ = 0;
};

}  // namespace halftone
