#include "halftone/text/regex_dialect.h"

#include <array>
#include <utility>

#include "halftone/base/error.h"

namespace halftone {
namespace {

// The members of Oniguruma's \w. Alone it also takes the digits and fractions of Latin-1, a quirk of its
// tables.
constexpr std::string_view kWord = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
constexpr std::string_view kQuirk = "\\x{B2}\\x{B3}\\x{B9}\\x{BC}-\\x{BE}";
constexpr std::string_view kHex = "0-9A-Fa-f";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

class Translator {
 public:
  Translator(std::string_view pattern, const std::string& origin) : in_(pattern), origin_(origin) {}

  std::string run() {
    while (at_ < in_.size()) step();
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse(std::string_view what) const {
    fail(ErrorKind::unsupported, "{}: {} at byte {} of the regular expression \"{}\" is not supported", origin_,
         what, at_, in_.substr(0, 200));
  }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < in_.size() ? in_[at_ + ahead] : '\0'; }
  bool here(std::string_view text) const { return in_.substr(at_).starts_with(text); }
  void copy(std::size_t count) {
    out_ += in_.substr(at_, count);
    at_ += count;
  }
  void emit(std::string_view text, std::size_t skip) {
    out_ += text;
    at_ += skip;
  }

  void step() {
    switch (peek()) {
      case '\\': return escape(false);
      case '[': return character_class();
      case '(': return group();
      case '{': return interval();
      default: return copy(1);
    }
  }

  void escape(bool in_class) {
    const char c = peek(1);
    if (c == '\0') refuse("a backslash at the end");
    if (c == 'p' || c == 'P') return property();
    if (c == 'u') return code_unit();
    if (c == 'x') return hexadecimal();
    if (in_class ? class_shorthand(c) : shorthand(c)) return;
    // \t \n \r \f \a \e mean the same in both; letters that are not listed do not, or are errors.
    constexpr std::string_view kSame = "tnrfae", kSameOutside = "AzZGR";
    const bool known = kSame.find(c) != std::string_view::npos ||
                       (!in_class && (is_digit(c) || kSameOutside.find(c) != std::string_view::npos));
    if ((is_letter(c) || is_digit(c)) && !known) refuse(std::string("\\") + c);
    copy(2);
  }

  bool shorthand(char c) {
    const std::string word = fmt::format("[{}{}]", kWord, kQuirk),
                      no_word = fmt::format("[^{}{}]", kWord, kQuirk);
    switch (c) {
      case 'w': return emit(word, 2), true;
      case 'W': return emit(no_word, 2), true;
      case 'h': return emit("[" + std::string(kHex) + "]", 2), true;
      case 'H': return emit("[^" + std::string(kHex) + "]", 2), true;
      case 'b': return emit("(?:(?<=" + word + ")(?!" + word + ")|(?<!" + word + ")(?=" + word + "))", 2), true;
      case 'B': return emit("(?:(?<=" + word + ")(?=" + word + ")|(?<!" + word + ")(?!" + word + "))", 2), true;
      default: return common_shorthand(c);
    }
  }

  bool class_shorthand(char c) {
    switch (c) {
      case 'w': return emit(kWord, 2), true;
      case 'h': return emit(kHex, 2), true;
      case 'b': return emit("\\x{8}", 2), true;
      case 'W':
      case 'H': refuse("a negated class inside a class");
      default: return common_shorthand(c);
    }
  }

  bool common_shorthand(char c) {
    switch (c) {
      case 's': return emit("\\p{White_Space}", 2), true;
      case 'S': return emit("\\P{White_Space}", 2), true;
      case 'd': return emit("\\p{Nd}", 2), true;
      case 'D': return emit("\\P{Nd}", 2), true;
      case 'v': return emit("\\x{B}", 2), true;
      default: return false;
    }
  }

  void property() {
    if (peek(2) != '{') refuse("\\p without braces");
    const std::size_t close = in_.find('}', at_);
    if (close == std::string_view::npos) refuse("an unclosed \\p{");
    std::string_view name = in_.substr(at_ + 3, close - at_ - 3);
    const bool negated = name.starts_with('^');
    if (negated) name.remove_prefix(1);
    for (const char c : name) {
      if (!is_letter(c) && c != '_') refuse("\\p{" + std::string(name) + "}");
    }
    const char kind = (peek(1) == 'P') != negated ? 'P' : 'p';
    const char* const script = name.size() > 2 && name != "Any" ? "sc:" : "";
    emit(fmt::format("\\{}{{{}{}}}", kind, script, name), close + 1 - at_);
  }

  void code_unit() {
    for (std::size_t i = 2; i < 6; ++i) {
      if (!is_hex(peek(i))) refuse("\\u without four digits");
    }
    emit("\\x{" + std::string(in_.substr(at_ + 2, 4)) + "}", 6);
  }

  void hexadecimal() {
    if (peek(2) == '{') {
      const std::size_t close = in_.find('}', at_);
      if (close == std::string_view::npos) refuse("an unclosed \\x{");
      return copy(close + 1 - at_);
    }
    if (!is_hex(peek(2)) || !is_hex(peek(3))) refuse("\\x without two digits");
    // Two digits name a byte in Oniguruma; below 0x80 that is the scalar.
    if (peek(2) >= '8') refuse("\\x with a byte above 7F");
    copy(4);
  }

  void character_class() {
    copy(1);
    if (peek() == '^') copy(1);
    if (peek() == ']') emit("\\]", 1);
    while (peek() != ']') {
      if (at_ >= in_.size()) refuse("an unclosed [");
      if (peek() == '\\') {
        escape(true);
      } else if (here("[:")) {
        posix_class();
      } else if (peek() == '[' || here("&&")) {
        refuse("a class inside a class");
      } else {
        copy(1);
      }
    }
    copy(1);
  }

  void posix_class() {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kNames = {{
        {"[:alpha:]", "\\p{Alphabetic}"},
        {"[:digit:]", "\\p{Nd}"},
        {"[:alnum:]", "\\p{Alphabetic}\\p{Nd}"},
        {"[:space:]", "\\p{White_Space}"},
        {"[:punct:]", "\\p{P}\\p{S}"},
        {"[:upper:]", "\\p{Uppercase}"},
        {"[:lower:]", "\\p{Lowercase}"},
    }};
    for (const auto& [name, members] : kNames) {
      if (here(name)) return emit(members, name.size());
    }
    refuse("this [: :] class");
  }

  void group() {
    if (here("(*")) refuse("a verb");
    if (!here("(?")) return copy(1);
    constexpr std::array<std::string_view, 7> kSame = {"(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!", "(?#"};
    for (const std::string_view opening : kSame) {
      if (here(opening)) return copy(opening.size());
    }
    if (here("(?<") && is_letter(peek(3))) return copy(3);
    options();
  }

  // (?i) (?m-i:...): Ruby's m lets the dot take newlines.
  void options() {
    copy(2);
    while (peek() != ')' && peek() != ':') {
      const char c = peek();
      if (c != 'i' && c != 'x' && c != 'm' && c != '-') refuse("this (?");
      emit(c == 'm' ? "s" : std::string_view(&c, 1), 1);
    }
    copy(1);
  }

  void interval() {
    std::size_t end = 1;
    while (is_digit(peek(end)) || peek(end) == ',') ++end;
    if (end == 1 || peek(end) != '}') return emit("\\{", 1);
    if (peek(end + 1) == '+') refuse("a + after {}");
    if (peek(1) != ',') return copy(end + 1);
    emit("{0", 1);
    copy(end);
  }

  std::string_view in_;
  const std::string& origin_;
  std::string out_;
  std::size_t at_ = 0;
};

}  // namespace

std::string translate_regex(std::string_view pattern, const std::string& origin) {
  return Translator(pattern, origin).run();
}

}  // namespace halftone
