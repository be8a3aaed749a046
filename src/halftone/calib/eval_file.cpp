#include "halftone/calib/eval_file.h"

#include <algorithm>

#include "halftone/base/error.h"
#include "halftone/calib/json_rows.h"
#include "halftone/calib/tsv_rows.h"

namespace halftone {
namespace {

EvalTable open_table(FileSystem& files, const EvalSource& source) {
  require(files.stat(source.path).exists, ErrorKind::input, "{}: no such file", source.path);
  if (source.path.ends_with(".tsv")) return open_tsv_rows(files, source);
  if (source.path.ends_with(".json") || source.path.ends_with(".jsonl")) return open_json_rows(files, source);
  fail(ErrorKind::unsupported, "{}: not a kind of evaluation file that is read here (.tsv, .json, .jsonl)",
       source.path);
}

bool is_there(const std::vector<std::string>& columns, const std::string& name) {
  return std::find(columns.begin(), columns.end(), name) != columns.end();
}

void check_row(const EvalRow& row, const std::vector<std::string>& needed) {
  for (const auto& column : needed) {
    if (column == "image") {
      require(!row.images.empty(), ErrorKind::input, "it has no picture");
    } else {
      require(row.find(column) != nullptr, ErrorKind::input, "the cell \"{}\" is missing", column);
    }
  }
}

}  // namespace

EvalFile::EvalFile(FileSystem& files, const EvalSource& source, std::vector<std::string> needed)
    : path_(source.path), needed_(std::move(needed)), table_(open_table(files, source)) {
  if (table_.columns.empty()) return;
  for (const auto& column : needed_) {
    const bool present =
        is_there(table_.columns, column) || (column == "image" && is_there(table_.columns, "image_path"));
    require(present, ErrorKind::input, "{}: the column \"{}\" is missing; there are {}", path_, column,
            clipped(fmt::format("{}", fmt::join(table_.columns, ", "))));
  }
}

EvalRow EvalFile::row(std::size_t i) const {
  const std::string origin = fmt::format("{}, row {}", path_, i + 1);
  try {
    EvalRow row = table_.row(i);
    check_row(row, needed_);
    row.line = i + 1;
    row.origin = origin;
    for (std::size_t k = 0; k < row.images.size(); ++k) {
      if (!row.images[k].bytes.empty()) row.images[k].origin = fmt::format("{}, picture {}", origin, k + 1);
    }
    return row;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::input && error.kind() != ErrorKind::unsupported) throw;
    throw Error(ErrorKind::input, origin + ": " + error.message());
  }
}

}  // namespace halftone
