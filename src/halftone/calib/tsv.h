// Tab-separated files as pandas.read_csv(sep="\t") reads them: fields in double quotes may hold tabs, line
// breaks and doubled quotes; blank lines are none; \n, \r\n and \r end a line.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

// Cuts a text that arrives in pieces into cells. The caller is told of pieces of cells, so that a cell of any
// size costs no memory here.
class TsvCutter {
 public:
  struct Events {
    std::function<void(std::string_view)> text;  // a piece of the present cell
    std::function<void()> cell;                  // the present cell ends
    // The present row ends; `end` is the offset of what follows it.
    std::function<void(std::uint64_t end)> row;
  };
  explicit TsvCutter(Events events) : events_(std::move(events)) {}

  void feed(std::string_view piece);
  // No more text comes. False when it ends inside a quoted field; the row that it opens has then been ended.
  bool finish();

 private:
  enum class State { row_start, cell_start, plain, quoted, quote_in_quoted, after_return };
  // Takes the character at the front, or a run of plain ones; returns how many.
  std::size_t step(std::string_view piece);
  std::size_t step_outside(std::string_view piece);
  std::size_t take_run(std::string_view piece);
  void end_row(char terminator, std::uint64_t behind);

  Events events_;
  State state_ = State::row_start;
  std::uint64_t offset_ = 0;
};

// The cells of a text that is one row, or nothing but blank lines.
std::vector<std::string> cut_row(std::string_view text);

// Whether pandas takes a cell for a missing value: "", "NA", "None", "nan" and the like.
bool is_missing_cell(std::string_view cell);

// What pandas makes of a whole column: it reads numbers where every cell is one.
enum class ColumnType { text, integer, real, boolean };

// Finds a column's type from its cells one after the other.
class ColumnTyper {
 public:
  // `cell` may be cut after 64 bytes, if `whole` says so.
  void add(std::string_view cell, bool whole = true);
  ColumnType type() const;
  // The same of a column of keys: integers stay integers where a cell is missing.
  ColumnType key_type() const;

 private:
  bool integer_ = true, real_ = true, boolean_ = true, missing_ = false, seen_ = false;
  bool wide_ = false;  // an integer of more than 64 bits
};

// A cell as str() writes it after pandas has read it: "007" of an integer column is "7", "3" of a real one
// "3.0".
std::string retyped(const std::string& cell, ColumnType type);

}  // namespace halftone
