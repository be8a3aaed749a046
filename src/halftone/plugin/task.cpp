#include "halftone/plugin/task.h"

#include "halftone/base/error.h"
#include "halftone/plugin/prompt_template.h"

namespace halftone {
namespace {

// A code point of the block of unified Chinese characters, U+4E00 to U+9FFF: E4 B8 80 to E9 BF BF.
bool has_chinese(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    if (byte(i) < 0xE4 || byte(i) > 0xE9 || (byte(i + 1) & 0xC0) != 0x80) continue;
    if (byte(i) > 0xE4 || byte(i + 1) >= 0xB8) return true;
  }
  return false;
}

bool chinese_row(const EvalRow& row) {
  for (const auto& [column, text] : row.columns) {
    if ((column == "question" || is_option(column)) && has_chinese(text)) return true;
  }
  return false;
}

}  // namespace

std::string TaskSettings::rule(const std::string& name, const std::string& fallback) const {
  const auto found = rules.find(name);
  return found == rules.end() ? fallback : found->second;
}

Prompt plain_prompt(const EvalRow& row, const TaskSettings& settings) {
  const std::string* text = &settings.prompt;
  if (!settings.prompt_open.empty() && option_lines(row).empty()) {
    text = &settings.prompt_open;
  } else if (!settings.prompt_cjk.empty() && chinese_row(row)) {
    text = &settings.prompt_cjk;
  }
  ChatTurn turn{"user", {}};
  for (std::size_t i = 0; i < row.images.size(); ++i) turn.content.push_back({"", static_cast<int>(i)});
  turn.content.push_back({fill_template(*text, row), -1});
  return {row.index, row.origin, {turn}, "", row.images, settings.max_new_tokens, settings.until};
}

Prompt Task::prompt(const EvalRow& row, const TaskSettings& settings) const {
  return plain_prompt(row, settings);
}

RowScore Task::score_likelihood(const EvalRow& row, const Likelihood& likelihood, const TaskSettings&) const {
  require(likelihood.tokens > 0, ErrorKind::input, "{}: no token to score", row.origin);
  RowScore score;
  score.weight = static_cast<double>(likelihood.tokens);
  score.value = likelihood.nll / score.weight;
  return score;
}

}  // namespace halftone
