#include "halftone/plugin/prompt_template.h"

#include <optional>

#include "halftone/base/error.h"
#include "halftone/text/codepoints.h"

namespace halftone {
namespace {

std::string strip(std::string_view text) {
  while (!text.empty() && is_white_space(front_scalar(text).value))
    text.remove_prefix(front_scalar(text).length);
  while (!text.empty() && is_white_space(back_scalar(text).value)) text.remove_suffix(back_scalar(text).length);
  return std::string(text);
}

std::string capitalize(std::string_view text) {
  std::string out;
  for (bool first = true; !text.empty(); first = false) {
    const Scalar scalar = front_scalar(text);
    text.remove_prefix(scalar.length);
    first ? append_title(out, scalar.value) : append_lower(out, scalar.value);
  }
  return out;
}

std::string without(std::string text, const std::string& piece) {
  require(!piece.empty(), ErrorKind::usage, "a prompt template leaves out nothing: \":without|\"");
  for (std::size_t at; (at = text.find(piece)) != std::string::npos;) text.erase(at, piece.size());
  return text;
}

std::string filtered(const std::string& cell, const std::string& filter) {
  if (filter.empty()) return cell;
  const std::string text = lossy_utf8(cell);
  if (filter == "strip") return strip(text);
  if (filter == "capitalize") return capitalize(text);
  if (filter.starts_with("without|")) return without(text, filter.substr(8));
  fail(ErrorKind::usage, "a prompt template uses the filter \"{}\"; known are strip, capitalize, without|text",
       filter);
}

// What stands between braces; nothing when the column is missing.
std::optional<std::string> value_of(const std::string& field, const EvalRow& row) {
  const std::size_t colon = field.find(':');
  const std::string column = field.substr(0, colon);
  const std::string filter = colon == std::string::npos ? "" : field.substr(colon + 1);
  if (column == "options") {
    const std::string lines = option_lines(row);
    return lines.empty() ? std::nullopt : std::optional(filtered(lines, filter));
  }
  const std::string* cell = row.find(column);
  return cell == nullptr ? std::nullopt : std::optional(filtered(*cell, filter));
}

class Filling {
 public:
  Filling(std::string_view text, const EvalRow& row) : text_(text), row_(row) {}

  std::string run() {
    while (at_ < text_.size()) step();
    require(!open_, ErrorKind::usage, "a prompt template opens \"[\" and never closes it: {}", text_);
    return out_;
  }

 private:
  void step() {
    const char c = text_[at_];
    const bool twice = at_ + 1 < text_.size() && text_[at_ + 1] == c;
    if (c != '{' && c != '}' && c != '[' && c != ']') {
      out_ += c;
      ++at_;
    } else if (twice) {
      out_ += c;
      at_ += 2;
    } else if (c == '{') {
      field();
    } else if (c == '[') {
      require(!open_, ErrorKind::usage, "a prompt template has brackets inside brackets: {}", text_);
      open_ = out_.size();
      missing_ = false;
      ++at_;
    } else {
      require(c == ']' && open_, ErrorKind::usage, "a prompt template has a single \"{}\": {}", c, text_);
      if (missing_) out_.resize(*open_);
      open_.reset();
      ++at_;
    }
  }

  void field() {
    const std::size_t end = text_.find('}', at_);
    require(end != std::string_view::npos, ErrorKind::usage, "a prompt template has a single \"{{\": {}",
            text_);
    const std::string name(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    if (const auto value = value_of(name, row_)) {
      out_ += *value;
      return;
    }
    require(open_.has_value(), ErrorKind::input, "{}: the cell \"{}\" is missing", row_.origin,
            name.substr(0, name.find(':')));
    missing_ = true;
  }

  std::string_view text_;
  const EvalRow& row_;
  std::string out_;
  std::size_t at_ = 0;
  std::optional<std::size_t> open_;  // where an optional part began in out_
  bool missing_ = false;
};

}  // namespace

bool is_option(const std::string& column) { return column.size() == 1 && column[0] >= 'A' && column[0] <= 'Z'; }

std::string option_lines(const EvalRow& row) {
  std::string lines;
  for (const auto& [column, text] : row.columns) {
    if (!is_option(column)) continue;
    if (!lines.empty()) lines += '\n';
    lines += column + ". " + text;
  }
  return lines;
}

std::string fill_template(std::string_view text, const EvalRow& row) { return Filling(text, row).run(); }

}  // namespace halftone
