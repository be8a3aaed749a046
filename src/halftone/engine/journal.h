// run.jsonl: what happened, one JSON object a line, on disk as it happens.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "halftone/base/record.h"
#include "halftone/io/file.h"

namespace halftone {

class Journal {
 public:
  Journal(FileSystem& files, const std::string& path);
  // Appends a line and, for blocks, makes sure it is on the disk.
  void add(const Record& record);
  void finish();

 private:
  OutputFile file_;
  std::uint64_t size_ = 0;
};

// One line of a journal: {"kind": ..., fields...}.
std::string journal_line(const Record& record);

}  // namespace halftone
