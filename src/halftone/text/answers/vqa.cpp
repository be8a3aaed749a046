#include "halftone/text/answers/vqa.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "halftone/text/answers/python_text.h"
#include "halftone/text/codepoints.h"

namespace halftone {
namespace {

constexpr std::string_view kMarks = ";/[]\"{}()=+\\_-><@`,?!";
// Both harnesses pass re.UNICODE, which is 32, where re.sub takes the largest number of replacements.
constexpr int kMostPeriods = 32;

using Words = std::map<std::string, std::string, std::less<>>;

const Words kNumbers = {{"none", "0"},  {"zero", "0"},  {"one", "1"},  {"two", "2"},
                        {"three", "3"}, {"four", "4"},  {"five", "5"}, {"six", "6"},
                        {"seven", "7"}, {"eight", "8"}, {"nine", "9"}, {"ten", "10"}};

// As the harnesses have them: some are unreachable, some change nothing, one goes the wrong way.
const Words kContractions = {
    {"'ow'sat", "'ow's'at"},
    {"'ows'at", "'ow's'at"},
    {"I'dve", "I'd've"},
    {"Id've", "I'd've"},
    {"Im", "I'm"},
    {"Ive", "I've"},
    {"aint", "ain't"},
    {"arent", "aren't"},
    {"cant", "can't"},
    {"couldn'tve", "couldn't've"},
    {"couldnt", "couldn't"},
    {"couldnt've", "couldn't've"},
    {"couldve", "could've"},
    {"didnt", "didn't"},
    {"doesnt", "doesn't"},
    {"dont", "don't"},
    {"hadn'tve", "hadn't've"},
    {"hadnt", "hadn't"},
    {"hadnt've", "hadn't've"},
    {"hasnt", "hasn't"},
    {"havent", "haven't"},
    {"he'dve", "he'd've"},
    {"hed", "he'd"},
    {"hed've", "he'd've"},
    {"hes", "he's"},
    {"howd", "how'd"},
    {"howll", "how'll"},
    {"hows", "how's"},
    {"isnt", "isn't"},
    {"it'dve", "it'd've"},
    {"itd", "it'd"},
    {"itd've", "it'd've"},
    {"itll", "it'll"},
    {"let's", "let's"},
    {"maam", "ma'am"},
    {"mightn'tve", "mightn't've"},
    {"mightnt", "mightn't"},
    {"mightnt've", "mightn't've"},
    {"mightve", "might've"},
    {"mustnt", "mustn't"},
    {"mustve", "must've"},
    {"neednt", "needn't"},
    {"notve", "not've"},
    {"oclock", "o'clock"},
    {"oughtnt", "oughtn't"},
    {"ow's'at", "'ow's'at"},
    {"shant", "shan't"},
    {"she'dve", "she'd've"},
    {"she's", "she's"},
    {"shed've", "she'd've"},
    {"shouldn'tve", "shouldn't've"},
    {"shouldnt", "shouldn't"},
    {"shouldnt've", "shouldn't've"},
    {"shouldve", "should've"},
    {"somebody'd", "somebodyd"},
    {"somebody'dve", "somebody'd've"},
    {"somebodyd've", "somebody'd've"},
    {"somebodyll", "somebody'll"},
    {"somebodys", "somebody's"},
    {"someone'dve", "someone'd've"},
    {"someoned", "someone'd"},
    {"someoned've", "someone'd've"},
    {"someonell", "someone'll"},
    {"someones", "someone's"},
    {"something'dve", "something'd've"},
    {"somethingd", "something'd"},
    {"somethingd've", "something'd've"},
    {"somethingll", "something'll"},
    {"thats", "that's"},
    {"there'dve", "there'd've"},
    {"thered", "there'd"},
    {"thered've", "there'd've"},
    {"therere", "there're"},
    {"theres", "there's"},
    {"they'dve", "they'd've"},
    {"theyd", "they'd"},
    {"theyd've", "they'd've"},
    {"theyll", "they'll"},
    {"theyre", "they're"},
    {"theyve", "they've"},
    {"twas", "'twas"},
    {"wasnt", "wasn't"},
    {"we'dve", "we'd've"},
    {"wed've", "we'd've"},
    {"werent", "weren't"},
    {"weve", "we've"},
    {"whatll", "what'll"},
    {"whatre", "what're"},
    {"whats", "what's"},
    {"whatve", "what've"},
    {"whens", "when's"},
    {"whered", "where'd"},
    {"wheres", "where's"},
    {"whereve", "where've"},
    {"who'dve", "who'd've"},
    {"whod", "who'd"},
    {"whod've", "who'd've"},
    {"wholl", "who'll"},
    {"whos", "who's"},
    {"whove", "who've"},
    {"whyll", "why'll"},
    {"whyre", "why're"},
    {"whys", "why's"},
    {"wont", "won't"},
    {"wouldn'tve", "wouldn't've"},
    {"wouldnt", "wouldn't"},
    {"wouldnt've", "wouldn't've"},
    {"wouldve", "would've"},
    {"y'all'dve", "y'all'd've"},
    {"y'alld've", "y'all'd've"},
    {"y'allll", "y'all'll"},
    {"yall", "y'all"},
    {"yall'd've", "y'all'd've"},
    {"yall'll", "y'all'll"},
    {"you'dve", "you'd've"},
    {"youd", "you'd"},
    {"youd've", "you'd've"},
    {"youll", "you'll"},
    {"youre", "you're"},
    {"youve", "you've"},
};

// Digit, comma, digit, somewhere.
bool has_digit_comma(const std::u32string& text) {
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == ',' && is_python_digit(text[i - 1]) && is_python_digit(text[i + 1])) return true;
  }
  return false;
}

std::string without_periods(std::string_view text, VqaRules rules) {
  const std::u32string points = code_points(text);
  const auto digit_at = [&](std::size_t i) { return i < points.size() && is_python_digit(points[i]); };
  std::string out;
  int removed = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool digit_before = rules == VqaRules::vlmevalkit && i > 0 && digit_at(i - 1);
    const bool goes = points[i] == '.' && !digit_before && !digit_at(i + 1) && removed < kMostPeriods;
    if (goes) {
      ++removed;
    } else {
      append_utf8(out, points[i]);
    }
  }
  return out;
}

std::string fold_words(std::string_view text) {
  std::string out;
  for (std::string word : python_split(python_lower(text))) {
    if (const auto number = kNumbers.find(word); number != kNumbers.end()) word = number->second;
    if (word == "a" || word == "an" || word == "the") continue;
    if (const auto full = kContractions.find(word); full != kContractions.end()) word = full->second;
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

}  // namespace

std::string drop_punctuation(std::string_view text, VqaRules rules) {
  const bool digit_comma = has_digit_comma(code_points(text));
  std::string out(text);
  for (const char mark : kMarks) {
    const std::string before{' ', mark}, behind{mark, ' '};
    const bool deleted = digit_comma || text.find(behind) != std::string_view::npos ||
                         text.find(before) != std::string_view::npos;
    out = replace_all(out, {&mark, 1}, deleted ? "" : " ");
  }
  return without_periods(out, rules);
}

std::string normalize_answer(std::string_view text, VqaRules rules) {
  std::string out(text);
  if (rules == VqaRules::lmms_eval) {
    out = replace_all(replace_all(python_lower(out), ",", ""), "?", "");
    out = python_strip(replace_all(out, "'s", " 's"));
  }
  out = python_strip(replace_all(replace_all(out, "\n", " "), "\t", " "));
  return fold_words(drop_punctuation(out, rules));
}

double vqa_accuracy(std::string_view prediction, std::span<const std::string> answers, VqaRules rules) {
  if (answers.empty()) return 0;
  const std::string said = normalize_answer(prediction, rules);
  std::vector<bool> hits;
  for (const auto& answer : answers) hits.push_back(normalize_answer(answer, rules) == said);
  const auto all = std::count(hits.begin(), hits.end(), true);
  double sum = 0;
  for (const bool own : hits) sum += std::min(1.0, static_cast<double>(all - (own ? 1 : 0)) / 3);
  return sum / static_cast<double>(answers.size());
}

}  // namespace halftone
