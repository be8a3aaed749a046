#include "halftone/text/answers/python_text.h"

#include <cctype>
#include <charconv>

#include <utf8proc.h>

#include "halftone/text/codepoints.h"

namespace halftone {
namespace {

utf8proc_category_t category(char32_t c) { return utf8proc_category(static_cast<utf8proc_int32_t>(c)); }

bool is_cased(char32_t c) {
  const auto kind = category(c);
  return kind == UTF8PROC_CATEGORY_LU || kind == UTF8PROC_CATEGORY_LL || kind == UTF8PROC_CATEGORY_LT;
}

// Characters that the rule of the last sigma looks through.
bool is_case_ignorable(char32_t c) {
  const auto kind = category(c);
  return kind == UTF8PROC_CATEGORY_MN || kind == UTF8PROC_CATEGORY_ME || kind == UTF8PROC_CATEGORY_CF ||
         kind == UTF8PROC_CATEGORY_LM || kind == UTF8PROC_CATEGORY_SK || c == '\'' || c == '.' || c == ':' ||
         c == 0xB7 || c == 0x2018 || c == 0x2019 || c == 0x2024 || c == 0x2027;
}

// Whether the capital sigma at `at` ends a word.
bool ends_word(const std::u32string& text, std::size_t at) {
  std::size_t before = at;
  while (before > 0 && is_case_ignorable(text[before - 1])) --before;
  if (before == 0 || !is_cased(text[before - 1])) return false;
  std::size_t behind = at + 1;
  while (behind < text.size() && is_case_ignorable(text[behind])) ++behind;
  return behind == text.size() || !is_cased(text[behind]);
}

// Capitals of one character: the full case folding has as many, but for two that fold to two letters.
std::size_t upper_count(char32_t c) {
  if (c < 0x80 || c == 0x130 || c == 0x1E9E) return 1;
  utf8proc_int32_t folded[8];
  int last = 0;
  const auto count =
      utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), folded, 8, UTF8PROC_CASEFOLD, &last);
  return count > 0 ? static_cast<std::size_t>(count) : 1;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The value of a digit of any script: they stand in runs from zero to nine.
char digit_value(char32_t c) {
  constexpr char32_t kMathematical = 0x1D7CE;  // five runs without a gap
  if (c >= kMathematical && c < kMathematical + 50) return static_cast<char>('0' + (c - kMathematical) % 10);
  char value = '0';
  while (value < '9' && is_python_digit(c - 1)) {
    --c;
    ++value;
  }
  return value;
}

std::string with_ascii_digits(std::string_view text) {
  std::string out;
  for (const char32_t c : code_points(text)) {
    append_utf8(out, c >= 0x80 && is_python_digit(c) ? static_cast<char32_t>(digit_value(c)) : c);
  }
  return out;
}

// The text without "_" between digits; nothing where one stands elsewhere.
std::optional<std::string> without_underscores(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
    } else if (i == 0 || i + 1 == text.size() || !is_digit(text[i - 1]) || !is_digit(text[i + 1])) {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace

std::u32string code_points(std::string_view text) {
  const std::string valid = lossy_utf8(text);
  std::u32string out;
  out.reserve(valid.size());
  for (std::string_view rest = valid; !rest.empty();) {
    const Scalar scalar = front_scalar(rest);
    out += scalar.value;
    rest.remove_prefix(scalar.length);
  }
  return out;
}

std::size_t python_length(std::string_view text) { return code_points(text).size(); }

std::size_t python_upper_length(std::string_view text) {
  std::size_t length = 0;
  for (const char32_t c : code_points(text)) length += upper_count(c);
  return length;
}

bool is_python_space(char32_t c) { return is_white_space(c) || (c >= 0x1C && c <= 0x1F); }

bool is_python_digit(char32_t c) {
  return c < 0x80 ? c >= '0' && c <= '9' : category(c) == UTF8PROC_CATEGORY_ND;
}

std::string python_lower(std::string_view text) {
  const std::u32string points = code_points(text);
  std::string out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i] == 0x3A3 && ends_word(points, i)) {
      append_utf8(out, 0x3C2);
    } else {
      append_lower(out, points[i]);
    }
  }
  return out;
}

std::string python_strip(std::string_view text) {
  const std::u32string points = code_points(text);
  std::size_t begin = 0, end = points.size();
  while (begin < end && is_python_space(points[begin])) ++begin;
  while (end > begin && is_python_space(points[end - 1])) --end;
  std::string out;
  for (std::size_t i = begin; i < end; ++i) append_utf8(out, points[i]);
  return out;
}

std::string python_strip(std::string_view text, std::string_view marks) {
  const std::size_t begin = text.find_first_not_of(marks);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(marks) + 1 - begin));
}

std::vector<std::string> python_split(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (const char32_t c : code_points(text)) {
    if (is_python_space(c)) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    append_utf8(words.back(), c);
  }
  return words;
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (;;) {
    const std::size_t at = text.find(from);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += to;
    text.remove_prefix(at + from.size());
  }
}

std::optional<double> python_float(std::string_view text) {
  const auto plain = without_underscores(with_ascii_digits(python_strip(text)));
  if (!plain || plain->empty()) return std::nullopt;
  std::string_view digits = *plain;
  const bool negative = digits.front() == '-';
  if (negative || digits.front() == '+') digits.remove_prefix(1);
  // from_chars takes a sign of its own and "nan(...)"; Python does not.
  if (digits.empty() || digits.front() == '-' || digits.find('(') != std::string_view::npos)
    return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end != digits.data() + digits.size() || error == std::errc::invalid_argument) return std::nullopt;
  // Out of range: strtod gives the infinity or the zero that Python gives.
  if (error == std::errc::result_out_of_range) value = std::strtod(std::string(digits).c_str(), nullptr);
  return negative ? -value : value;
}

}  // namespace halftone
