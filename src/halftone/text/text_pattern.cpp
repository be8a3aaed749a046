#include "halftone/text/text_pattern.h"

#include "halftone/base/clock.h"
#include "halftone/base/error.h"
#include "halftone/text/codepoints.h"

namespace halftone {
namespace {

void find_literal(const std::string& wanted, std::string_view text, std::vector<TextSpan>& matches) {
  for (std::size_t at = text.find(wanted); at != std::string_view::npos;
       at = text.find(wanted, at + wanted.size())) {
    matches.push_back({at, at + wanted.size()});
  }
}

// The limit inside one match does not bound the sum over all of them: a*b on a text of a's is quadratic. Sane
// patterns run forty times faster than this.
class Deadline {
 public:
  Deadline(const Regex& regex, std::size_t bytes) : regex_(regex), bytes_(bytes) {}

  void check() {
    if (++count_ % 256 != 0) return;
    require(watch_.seconds() < 2 + 1e-6 * static_cast<double>(bytes_), ErrorKind::input,
            "{}: the regular expression \"{}\" takes more than {:.0f} s on a text of {} bytes", regex_.origin(),
            std::string_view(regex_.pattern()).substr(0, 200), watch_.seconds(), bytes_);
  }

 private:
  const Regex& regex_;
  std::size_t bytes_, count_ = 0;
  Stopwatch watch_;
};

void find_regex(const Regex& regex, std::string_view text, RegexScratch& scratch,
                std::vector<TextSpan>& matches) {
  Deadline deadline(regex, text.size());
  std::size_t from = 0, last_end = std::string_view::npos;
  while (from <= text.size()) {
    const auto match = regex.find(text, from, scratch);
    if (!match) return;
    deadline.check();
    if (match->empty()) {
      if (match->end != last_end) matches.push_back(*match);
      if (match->end == text.size()) return;
      from = match->end + front_scalar(text.substr(match->end)).length;
    } else {
      matches.push_back(*match);
      from = match->end;
    }
    last_end = match->end;
  }
}

}  // namespace

TextPattern TextPattern::literal(std::string text, const std::string& origin) {
  require(!text.empty(), ErrorKind::input, "{}: a pattern is the empty string, which matches everywhere",
          origin);
  return TextPattern(std::variant<std::string, Regex>(std::move(text)));
}

TextPattern TextPattern::regex(std::string_view pattern, const std::string& origin) {
  return TextPattern(std::variant<std::string, Regex>(Regex(pattern, origin)));
}

void TextPattern::find_all(std::string_view text, RegexScratch& scratch, std::vector<TextSpan>& matches) const {
  if (const auto* wanted = std::get_if<std::string>(&what_)) return find_literal(*wanted, text, matches);
  find_regex(std::get<Regex>(what_), text, scratch, matches);
}

}  // namespace halftone
