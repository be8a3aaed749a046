#include "halftone/calib/eval_row.h"

#include "halftone/base/error.h"

namespace halftone {

const std::string* EvalRow::find(const std::string& column) const {
  const auto found = columns.find(column);
  return found == columns.end() ? nullptr : &found->second;
}

const std::string& EvalRow::at(const std::string& column) const {
  const std::string* cell = find(column);
  require(cell != nullptr, ErrorKind::input, "{}: the cell \"{}\" is missing", origin, column);
  return *cell;
}

}  // namespace halftone
