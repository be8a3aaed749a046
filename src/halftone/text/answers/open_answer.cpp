#include "halftone/text/answers/open_answer.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "halftone/text/answers/python_text.h"
#include "halftone/text/codepoints.h"
#include "halftone/text/regex.h"

namespace halftone {
namespace {

void collect(const Regex& pattern, const std::string& text, std::vector<std::string>& out) {
  thread_local RegexScratch scratch;
  for (std::size_t from = 0; from < text.size();) {
    const auto match = pattern.find(text, from, scratch);
    if (!match) return;
    out.push_back(text.substr(match->begin, match->end - match->begin));
    from = match->end;
  }
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return lines;
    begin = end + 1;
  }
}

// The shortest text behind the last occurrence of a word that announces an answer; empty if there is none.
std::string key_of(const std::string& line, std::span<const std::string> announcers) {
  std::string shortest;
  for (const auto& word : announcers) {
    const std::size_t at = line.rfind(word);
    if (at == std::string::npos) continue;
    const std::string tail = python_strip(line.substr(at + word.size()));
    if (shortest.empty() || python_length(tail) < python_length(shortest)) shortest = tail;
  }
  return shortest;
}

std::vector<std::string> key_responses(const std::string& response) {
  std::vector<std::string> announcers = {"could be ",  "so ",    "is ",     "thus ",
                                         "therefore ", "final ", "answer ", "result "};
  std::vector<std::string> keys;
  const std::vector<std::string> lines = lines_of(response);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i + 1 == lines.size()) announcers.emplace_back("=");
    const std::string key = key_of(lines[i], announcers);
    const bool trivial = key.size() == 1 && std::string_view(":,.!?;'").find(key[0]) != std::string_view::npos;
    if (!key.empty() && !trivial) keys.push_back(key);
  }
  return keys.empty() ? std::vector<std::string>{response} : keys;
}

bool matches(const OpenValue& said, const OpenValue& wanted) {
  if (said.index() != wanted.index()) return false;
  if (const auto* number = std::get_if<double>(&said)) return *number == std::get<double>(wanted);
  return std::get<std::string>(said).find(std::get<std::string>(wanted)) != std::string::npos;
}

}  // namespace

std::vector<OpenValue> normalize_open(std::string_view text) {
  const std::string plain = python_strip(text);
  if (const auto number = python_float(replace_all(plain, ",", ""))) {
    // Rounded as Python rounds: the nearest decimal of the exact value.
    return {std::isfinite(*number) ? std::strtod(fmt::format("{:.2f}", *number).c_str(), nullptr) : *number};
  }
  const std::string phrase = python_lower(plain);
  if (python_length(phrase) == 1) return {" " + phrase, phrase + " "};
  return {phrase};
}

std::vector<std::string> numbers_in(std::string_view text) {
  const char* origin = "the rule for numbers";
  static const Regex commas(R"(-?\b\d{1,3}(?:,\d{3})+\b)", origin);
  static const Regex scientific(R"(-?\d+(?:\.\d+)?[eE][+-]?\d+)", origin);
  static const Regex simple(R"(-?(?:\d+\.\d+|\.\d+|\d+\b)(?![eE][+-]?\d+)(?![,\d]))", origin);
  const std::string valid = lossy_utf8(text);
  std::vector<std::string> numbers;
  for (const Regex* pattern : {&commas, &scientific, &simple}) collect(*pattern, valid, numbers);
  return numbers;
}

std::vector<OpenValue> open_candidates(std::string_view prediction) {
  const std::vector<std::string> keys =
      key_responses(python_lower(python_strip(python_strip(prediction), ".")));
  std::vector<std::string> texts = keys;
  for (const auto& key : keys) {
    for (const auto& number : numbers_in(key)) texts.push_back(number);
  }
  std::vector<OpenValue> values;
  for (const auto& text : texts) {
    for (const auto& value : normalize_open(text)) values.push_back(value);
  }
  return values;
}

bool open_matches(std::string_view prediction, std::span<const std::string> answers) {
  std::vector<OpenValue> wanted;
  for (const auto& answer : answers) {
    for (const auto& value : normalize_open(answer)) wanted.push_back(value);
  }
  const auto said = open_candidates(prediction);
  return std::any_of(said.begin(), said.end(), [&](const OpenValue& value) {
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const OpenValue& answer) { return matches(value, answer); });
  });
}

}  // namespace halftone
