#include "halftone/text/answers/contained.h"

#include <algorithm>

#include "halftone/text/answers/python_text.h"
#include "halftone/text/codepoints.h"

namespace halftone {
namespace {

std::string fold_fullwidth(std::string_view text) {
  std::string out;
  for (const char32_t c : code_points(text)) {
    append_utf8(out, c >= 0xFF01 && c <= 0xFF5E ? c - 0xFEE0 : c == 0x3000 ? U' ' : c);
  }
  return out;
}

std::string folded(std::string_view text, ContainedRule rule) {
  if (rule.formula) return replace_all(replace_all(python_strip(text), "\n", ""), " ", "");
  const std::string plain = rule.fold_fullwidth ? fold_fullwidth(text) : std::string(text);
  return replace_all(python_strip(python_lower(plain)), "\n", " ");
}

}  // namespace

bool contains_answer(std::string_view prediction, std::span<const std::string> answers, ContainedRule rule) {
  const std::string said = folded(prediction, rule);
  return std::any_of(answers.begin(), answers.end(), [&](const std::string& answer) {
    return said.find(folded(answer, rule)) != std::string::npos;
  });
}

}  // namespace halftone
