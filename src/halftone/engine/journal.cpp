#include "halftone/engine/journal.h"

namespace halftone {

std::string journal_line(const Record& record) {
  Json line = {{"kind", record.kind}};
  line.update(record.fields);
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Journal::Journal(FileSystem& files, const std::string& path) : file_(files, path) {}

void Journal::add(const Record& record) {
  const std::string line = journal_line(record);
  file_.write(std::as_bytes(std::span(line)), size_);
  size_ += line.size();
  if (record.kind == "block") file_.sync();
}

void Journal::finish() { file_.finish(); }

}  // namespace halftone
