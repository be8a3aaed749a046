#include "halftone/calib/tsv.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "halftone/calib/python_literal.h"
#include "halftone/text/answers/python_text.h"

namespace halftone {
namespace {

constexpr std::array<std::string_view, 19> kMissing = {
    "",     "#N/A", "#N/A N/A", "#NA",  "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A",  "NA",       "NULL", "NaN",     "None",     "n/a",  "nan",  "null"};

// pandas' integers: blanks before and behind, a sign, digits. Without a value: more than 64 bits hold.
struct Integer {
  bool is = false;
  std::optional<std::int64_t> value;
};

Integer as_integer(std::string_view cell) {
  const std::size_t first = cell.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  cell = cell.substr(first, cell.find_last_not_of(' ') + 1 - first);
  if (cell.starts_with('+') && !cell.starts_with("+-")) cell.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (end != cell.data() + cell.size() || error == std::errc::invalid_argument) return {};
  return {true, error == std::errc() ? std::optional(value) : std::nullopt};
}

std::optional<double> as_real(std::string_view cell) {
  if (cell.find('_') != std::string_view::npos) return std::nullopt;
  return python_float(cell);
}

std::optional<bool> as_boolean(std::string_view cell) {
  if (cell == "True" || cell == "TRUE" || cell == "true") return true;
  if (cell == "False" || cell == "FALSE" || cell == "false") return false;
  return std::nullopt;
}

}  // namespace

void TsvCutter::feed(std::string_view piece) {
  while (!piece.empty()) {
    const std::size_t taken = step(piece);
    offset_ += taken;
    piece.remove_prefix(taken);
  }
}

// Pictures are nearly all of a file: their characters pass in one loop that looks at nothing else.
std::size_t TsvCutter::take_run(std::string_view piece) {
  std::size_t length = 0;
  if (state_ == State::quoted) {
    length = std::min(piece.find('"'), piece.size());
  } else {
    const auto ends = [](char c) { return c <= '\r' && (c == '\t' || c == '\n' || c == '\r'); };
    while (length < piece.size() && !ends(piece[length])) ++length;
  }
  if (length > 0) events_.text(piece.substr(0, length));
  return length;
}

std::size_t TsvCutter::step(std::string_view piece) {
  const char c = piece.front();
  switch (state_) {
    case State::after_return: state_ = State::row_start; return c == '\n' ? 1 : 0;
    case State::row_start:
      if (c == '\n') return 1;
      if (c == '\r') {
        state_ = State::after_return;
        return 1;
      }
      state_ = State::cell_start;
      return 0;
    case State::cell_start: state_ = c == '"' ? State::quoted : State::plain; return c == '"' ? 1 : 0;
    case State::quoted:
      if (const std::size_t run = take_run(piece)) return run;
      state_ = State::quote_in_quoted;
      return 1;
    case State::quote_in_quoted:
      state_ = c == '"' ? State::quoted : State::plain;
      if (c == '"') events_.text("\"");
      return c == '"' ? 1 : 0;
    case State::plain: return step_outside(piece);
  }
  return piece.size();
}

std::size_t TsvCutter::step_outside(std::string_view piece) {
  if (const std::size_t run = take_run(piece)) return run;
  if (piece.front() == '\t') {
    events_.cell();
    state_ = State::cell_start;
  } else {
    end_row(piece.front(), offset_ + 1);
  }
  return 1;
}

void TsvCutter::end_row(char terminator, std::uint64_t behind) {
  events_.cell();
  events_.row(behind);
  state_ = terminator == '\r' ? State::after_return : State::row_start;
}

bool TsvCutter::finish() {
  const bool open = state_ == State::quoted;
  if (state_ != State::row_start && state_ != State::after_return) end_row('\n', offset_);
  return !open;
}

std::vector<std::string> cut_row(std::string_view text) {
  std::vector<std::string> cells;
  std::string cell;
  TsvCutter cutter({[&](std::string_view piece) { cell += piece; },
                    [&] {
                      cells.push_back(std::move(cell));
                      cell.clear();
                    },
                    [](std::uint64_t) {}});
  cutter.feed(text);
  cutter.finish();
  return cells;
}

bool is_missing_cell(std::string_view cell) {
  return std::find(kMissing.begin(), kMissing.end(), cell) != kMissing.end();
}

void ColumnTyper::add(std::string_view cell, bool whole) {
  if (whole && is_missing_cell(cell)) {
    missing_ = true;
    return;
  }
  seen_ = true;
  const Integer integer = whole ? as_integer(cell) : Integer{};
  integer_ = integer_ && integer.is;
  wide_ = wide_ || (integer.is && !integer.value);
  real_ = real_ && whole && as_real(cell).has_value();
  boolean_ = boolean_ && whole && as_boolean(cell).has_value();
}

ColumnType ColumnTyper::type() const {
  if (!seen_ || (integer_ && wide_)) return ColumnType::text;
  if (integer_ && !missing_) return ColumnType::integer;
  if (real_) return ColumnType::real;
  return boolean_ ? ColumnType::boolean : ColumnType::text;
}

ColumnType ColumnTyper::key_type() const { return seen_ && integer_ && !wide_ ? ColumnType::integer : type(); }

std::string retyped(const std::string& cell, ColumnType type) {
  switch (type) {
    case ColumnType::integer: return std::to_string(as_integer(cell).value.value());
    case ColumnType::real: return python_text(as_real(cell).value());
    case ColumnType::boolean: return as_boolean(cell).value() ? "True" : "False";
    case ColumnType::text: break;
  }
  return cell;
}

}  // namespace halftone
