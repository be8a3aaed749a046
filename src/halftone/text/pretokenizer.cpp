#include "halftone/text/pretokenizer.h"

#include "halftone/text/byte_alphabet.h"
#include "halftone/text/codepoints.h"

namespace halftone {

const char* const kByteLevelPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

namespace {

// Splits every word. `find` appends the matches in one word's text, counted from its begin.
template <class Find>
void split_words(Words& words, SplitBehavior behavior, bool invert, Find&& find) {
  std::vector<TextSpan> fragments, matches;
  for (const TextSpan word : words.spans) {
    matches.clear();
    find(word.of(words.text), matches);
    for (TextSpan& match : matches) match = {match.begin + word.begin, match.end + word.begin};
    split_at_matches(word, matches, behavior, invert, fragments);
  }
  words.spans = std::move(fragments);
}

// Every scalar that `wanted` accepts is a match of its own.
template <class Wanted>
auto each_scalar(Wanted wanted) {
  return [wanted](std::string_view text, std::vector<TextSpan>& matches) {
    for (std::size_t at = 0; at < text.size();) {
      const Scalar scalar = front_scalar(text.substr(at));
      if (wanted(scalar.value)) matches.push_back({at, at + scalar.length});
      at += scalar.length;
    }
  };
}

auto matches_of(const TextPattern& pattern, RegexScratch& scratch) {
  return
      [&](std::string_view text, std::vector<TextSpan>& matches) { pattern.find_all(text, scratch, matches); };
}

// Spells every word anew: respell(word, is the first, out) appends its new text.
template <class Respell>
void respell_words(Words& words, Respell&& respell) {
  Words out;
  out.text.reserve(words.text.size() + words.text.size() / 2);
  out.spans.reserve(words.spans.size());
  out.at_front = words.at_front && (words.spans.empty() || words.spans[0].begin == 0);
  for (const TextSpan word : words.spans) {
    const std::size_t begin = out.text.size();
    respell(word.of(words.text), out.at_front && begin == 0, out.text);
    if (out.text.size() != begin) out.spans.push_back({begin, out.text.size()});
  }
  words = std::move(out);
}

void apply(const SplitStep& step, Words& words, RegexScratch& scratch) {
  split_words(words, step.behavior, step.invert, matches_of(step.pattern, scratch));
}

void apply(const ByteLevelStep& step, Words& words, RegexScratch& scratch) {
  if (step.add_prefix_space) {
    respell_words(words, [](std::string_view word, bool, std::string& out) {
      if (!word.starts_with(' ')) out += ' ';
      out += word;
    });
  }
  if (step.split) split_words(words, SplitBehavior::isolated, false, matches_of(*step.split, scratch));
  respell_words(words,
                [](std::string_view word, bool, std::string& out) { append_byte_characters(out, word); });
}

void append_metaspaced(const MetaspaceStep& step, std::string_view word, bool first, std::string& out) {
  const bool wanted = step.prepend == MetaspaceStep::Prepend::always ||
                      (step.prepend == MetaspaceStep::Prepend::first && first);
  if (wanted && !word.starts_with(' ') && !word.starts_with(step.replacement)) out += step.replacement;
  for (const char c : word) {
    if (c == ' ') {
      out += step.replacement;
    } else {
      out += c;
    }
  }
}

void apply(const MetaspaceStep& step, Words& words, RegexScratch&) {
  respell_words(words, [&](std::string_view word, bool first, std::string& out) {
    append_metaspaced(step, word, first, out);
  });
  if (!step.split) return;
  split_words(words, SplitBehavior::merged_with_next, false,
              each_scalar([c = front_scalar(step.replacement).value](char32_t scalar) { return scalar == c; }));
}

void apply(const DigitsStep& step, Words& words, RegexScratch&) {
  split_words(words, step.individual ? SplitBehavior::isolated : SplitBehavior::contiguous, false,
              each_scalar(is_numeric));
}

void apply(const WhitespaceSplitStep&, Words& words, RegexScratch&) {
  split_words(words, SplitBehavior::removed, false, each_scalar(is_white_space));
}

void apply(const WhitespaceStep&, Words& words, RegexScratch& scratch) {
  apply(WhitespaceSplitStep{}, words, scratch);
  split_words(words, SplitBehavior::contiguous, false, each_scalar(is_word));
}

void apply(const PunctuationStep& step, Words& words, RegexScratch&) {
  split_words(words, step.behavior, false, each_scalar(is_punctuation));
}

}  // namespace

Words PreTokenizer::apply(std::string piece, bool at_front, RegexScratch& scratch) const {
  Words words{std::move(piece), {}, at_front};
  if (!words.text.empty()) words.spans.push_back({0, words.text.size()});
  for (const auto& step : steps_) {
    std::visit([&](const auto& one) { halftone::apply(one, words, scratch); }, step);
  }
  return words;
}

}  // namespace halftone
