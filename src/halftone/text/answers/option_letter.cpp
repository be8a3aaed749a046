#include "halftone/text/answers/option_letter.h"

#include <algorithm>
#include <array>
#include <vector>

#include "halftone/text/answers/python_text.h"
#include "halftone/text/codepoints.h"
#include "halftone/text/regex.h"

namespace halftone {
namespace {

constexpr std::array kRefusals = {"Sorry, I can't help with images of people yet.",
                                  "I can't process this file.", "I'm sorry, but without the image provided",
                                  "Cannot determine the answer"};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::vector<std::string> words_of(std::string_view answer) {
  std::string text(answer);
  for (char& c : text) {
    if (contains(".()[],:;!*#{}", {&c, 1})) c = ' ';
  }
  return python_split(text);
}

// "answer is **X**", X of A to D in either case. A word that begins with such a letter is taken for it, too.
std::optional<char> announced_option(std::string_view answer, const Options& options) {
  static const Regex pattern(R"((?i)(?:correct\s+)?answer\s+is\s+\**[ABCD])", "the rule for stated answers");
  thread_local RegexScratch scratch;
  const std::string text = lossy_utf8(answer);
  const auto match = pattern.find(text, 0, scratch);
  if (!match) return std::nullopt;
  const char letter = static_cast<char>(text[match->end - 1] & ~0x20);
  return options.contains(letter) ? std::optional(letter) : std::nullopt;
}

// The one option letter among the words if it first stands among the last four, or an announced one.
std::optional<char> stated_option(std::string_view answer, const Options& options) {
  if (contains(answer, "Failed to obtain answer via API")) return std::nullopt;
  for (const char* refusal : kRefusals) {
    if (contains(answer, refusal)) return 'Z';
  }
  const std::vector<std::string> words = words_of(answer);
  const auto place = [&](char letter) { return std::find(words.begin(), words.end(), std::string(1, letter)); };
  std::string present;
  for (const auto& [letter, option] : options) {
    if (place(letter) != words.end()) present += letter;
  }
  if (present.size() == 1 && words.end() - place(present[0]) < 5) return present[0];
  if (present.empty() && place('Z') != words.end()) return 'Z';
  return announced_option(answer, options);
}

// The only option whose text occurs in the answer; nothing when the answer is far longer than all of them.
std::optional<char> named_option(std::string_view answer, const Options& options) {
  const std::string text = python_lower(answer);
  std::size_t length = 0;
  for (const auto& [letter, option] : options) length += python_length(option);
  if (python_length(text) > 2 * length) return std::nullopt;
  std::optional<char> found;
  for (const auto& [letter, option] : options) {
    if (!contains(text, python_lower(option))) continue;
    if (found) return std::nullopt;
    found = letter;
  }
  return found;
}

struct Candidates {
  std::string letters;
  std::vector<std::ptrdiff_t> places;  // of the last occurrence, -1 for none
};

std::ptrdiff_t last_place(std::string_view text, std::string_view part) {
  const std::size_t at = text.rfind(part);
  return at == std::string_view::npos ? -1 : static_cast<std::ptrdiff_t>(at);
}

// Options whose mark `before` + letter + `behind` occurs; places are those of `place_before` + letter +
// `place_behind`.
Candidates marked(std::string_view text, const Options& options, const std::string& before,
                  const std::string& behind, const std::string& place_before, const std::string& place_behind) {
  Candidates found;
  for (const auto& [letter, option] : options) {
    if (!contains(text, before + letter + behind)) continue;
    found.letters += letter;
    found.places.push_back(last_place(text, place_before + letter + place_behind));
  }
  return found;
}

Candidates named(std::string_view text, const Options& options) {
  Candidates found;
  const std::string lower = python_lower(text);
  for (const auto& [letter, option] : options) {
    const std::string name = python_lower(option);
    if (!contains(lower, name)) continue;
    found.letters += letter;
    found.places.push_back(last_place(lower, name));
  }
  return found;
}

}  // namespace

std::optional<char> infer_option(std::string_view answer, const Options& options) {
  const auto stated = stated_option(answer, options);
  return stated ? stated : named_option(answer, options);
}

std::optional<char> parse_option(std::string_view answer, const Options& options) {
  std::string text(answer);
  for (const char mark : std::string_view(",.!?;:'")) text = python_strip(text, {&mark, 1});
  text = " " + text + " ";
  Candidates found = marked(text, options, "(", ")", "(", ")");
  if (found.letters.empty()) found = marked(text, options, "", " ", " ", " ");
  if (found.letters.empty()) found = marked(text, options, "", ".", " ", " ");
  if (found.letters.empty() && python_split(text).size() > 5) found = named(text, options);
  if (found.letters.empty()) return std::nullopt;
  const auto last = std::max_element(found.places.begin(), found.places.end());
  return found.letters[static_cast<std::size_t>(last - found.places.begin())];
}

std::string first_letter(std::string_view answer) {
  const std::string text = python_strip(answer);
  return text.empty() ? text : to_utf8(front_scalar(text).value);
}

bool is_letter_answer(std::string_view answer, std::string_view letter) {
  const std::string text = python_strip(answer);
  const std::string wanted = python_lower(python_strip(letter));
  if (python_lower(text) == wanted) return true;
  return text.size() >= 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] == '.' &&
         python_lower(text.substr(0, 1)) == wanted;
}

}  // namespace halftone
