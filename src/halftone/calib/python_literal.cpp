#include "halftone/calib/python_literal.h"

#include <charconv>
#include <cmath>

#include "halftone/base/error.h"
#include "halftone/text/codepoints.h"

namespace halftone {
namespace {

constexpr int kMaxDepth = 32;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class ListParser {
 public:
  explicit ListParser(std::string_view text) : text_(text) {}

  Json run() {
    skip_blanks();
    Json list = parse_list(0);
    skip_blanks();
    if (at_ < text_.size()) refuse("the end");
    return list;
  }

 private:
  [[noreturn]] void refuse(const std::string& expected) const {
    if (at_ >= text_.size()) fail(ErrorKind::input, "not a Python list: {} was expected at its end", expected);
    fail(ErrorKind::input, "not a Python list: {} was expected at character {}, not \"{}\"", expected, at_ + 1,
         clipped(text_.substr(at_, 12)));
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n\f").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  Json parse_list(int depth) {
    if (depth > kMaxDepth) fail(ErrorKind::input, "not a Python list: it nests deeper than {}", kMaxDepth);
    if (!take('[')) refuse("\"[\"");
    Json list = Json::array();
    for (;;) {
      skip_blanks();
      if (take(']')) return list;
      list.push_back(parse_value(depth));
      skip_blanks();
      if (peek() != ']' && !take(',')) refuse("a comma or \"]\"");
    }
  }

  Json parse_value(int depth) {
    const char c = peek();
    if (c == '[') return parse_list(depth + 1);
    if (c == '\'' || c == '"') return parse_string();
    for (const std::string_view word : {"True", "False", "None"}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return std::string(word);
    }
    return parse_number();
  }

  std::string parse_number() {
    const std::size_t begin = at_;
    if (peek() == '-' || peek() == '+') ++at_;
    while (at_ < text_.size() &&
           (is_digit(text_[at_]) || std::string_view(".eE").find(text_[at_]) != std::string_view::npos ||
            ((text_[at_] == '-' || text_[at_] == '+') && (text_[at_ - 1] | 0x20) == 'e'))) {
      ++at_;
    }
    std::string_view digits = text_.substr(begin, at_ - begin);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const bool whole = digits.find_first_of(".eE") == std::string_view::npos;
    const std::string_view bare = digits.starts_with('-') ? digits.substr(1) : digits;
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    // Python knows no "007".
    const bool padded = whole && bare.size() > 1 && bare.find_first_not_of('0') != 0;
    if (bare.empty() || end != digits.data() + digits.size() || error != std::errc() || padded) {
      at_ = begin;
      refuse("a value");
    }
    if (whole) return std::string(bare == "0" ? bare : digits);
    return python_text(value);
  }

  std::string parse_string() {
    const char quote = text_[at_++];
    std::string out;
    while (!take(quote)) {
      if (at_ >= text_.size() || text_[at_] == '\n') refuse("the closing quote");
      if (take('\\')) {
        escape(out);
      } else {
        out += text_[at_++];
      }
    }
    if (!is_valid_utf8(out)) fail(ErrorKind::input, "not a Python list: a string is no UTF-8");
    return out;
  }

  void escape(std::string& out) {
    if (at_ >= text_.size()) refuse("the closing quote");
    static constexpr std::string_view kNames = "\\'\"abfnrtv", kValues = "\\'\"\a\b\f\n\r\t\v";
    const char c = text_[at_++];
    if (const std::size_t known = kNames.find(c); known != std::string_view::npos) {
      out += kValues[known];
    } else if (c >= '0' && c <= '7') {
      --at_;
      append_utf8(out, digits_of(8, 1, 3));
    } else if (c == 'x' || c == 'u' || c == 'U') {
      const int length = c == 'x' ? 2 : c == 'u' ? 4 : 8;
      append_scalar(out, digits_of(16, length, length));
    } else if (c == 'N') {
      --at_;
      refuse("an escape other than \\N");
    } else if (c != '\n') {
      out += '\\';
      --at_;
      out += text_[at_++];
    }
  }

  char32_t digits_of(int base, int least, int most) {
    char32_t value = 0;
    int count = 0;
    for (; count < most && at_ < text_.size(); ++count, ++at_) {
      const char c = text_[at_];
      const int digit = is_digit(c)                              ? c - '0'
                        : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                                 : 99;
      if (digit >= base) break;
      value = value * static_cast<char32_t>(base) + static_cast<char32_t>(digit);
    }
    if (count < least) refuse("a digit of an escape");
    return value;
  }

  // Two escapes of a pair of surrogates are one character; a lone one is none.
  void append_scalar(std::string& out, char32_t value) {
    if (value >= 0xD800 && value < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
      at_ += 2;
      const char32_t low = digits_of(16, 4, 4);
      if (low >= 0xDC00 && low < 0xE000) value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
    }
    if ((value >= 0xD800 && value < 0xE000) || value > 0x10FFFF) refuse("a character before this place");
    append_utf8(out, value);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// Digits of the shortest decimal that is this number, and the place of its point behind the first digit.
struct Shortest {
  std::string digits;
  int exponent = 0;
};

Shortest shortest(double value) {
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  const std::size_t e = text.find('e');
  Shortest out;
  for (const char c : text.substr(0, e)) {
    if (c != '.') out.digits += c;
  }
  std::from_chars(buffer + e + (text[e + 1] == '+' ? 2 : 1), end, out.exponent);
  return out;
}

}  // namespace

Json parse_python_list(std::string_view text) { return ListParser(text).run(); }

std::vector<std::string> parse_answers(std::string_view cell) {
  const std::size_t first = cell.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || cell[first] != '[') return {std::string(cell)};
  std::vector<std::string> answers;
  for (const auto& item : parse_python_list(cell)) {
    require(item.is_string(), ErrorKind::input, "the answers are lists inside a list");
    answers.push_back(item.get<std::string>());
  }
  return answers;
}

std::string python_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  const std::string sign = std::signbit(value) ? "-" : "";
  const auto [digits, exponent] = shortest(std::abs(value));
  const int count = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    const std::string mantissa = count == 1 ? digits : digits.substr(0, 1) + "." + digits.substr(1);
    return fmt::format("{}{}e{}{:02}", sign, mantissa, exponent < 0 ? "-" : "+", std::abs(exponent));
  }
  if (exponent < 0) return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const std::size_t whole = static_cast<std::size_t>(exponent + 1);
  if (count <= exponent + 1) return sign + digits + std::string(whole - digits.size(), '0') + ".0";
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::string python_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_number_float()) return python_text(value.get<double>());
  if (!value.is_array()) return value.dump();
  std::string text = "[";
  for (const auto& item : value) {
    if (text.size() > 1) text += ", ";
    text += item.is_null() ? "None" : item.is_string() ? item.dump() : python_text(item);
  }
  return text + "]";
}

}  // namespace halftone
