// The pre-tokenizer: steps that cut a piece of text into words and respell them.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "halftone/text/marked_text.h"
#include "halftone/text/split_behavior.h"
#include "halftone/text/text_pattern.h"

namespace halftone {

// A piece of text and the words in it, in order and never empty. What no word covers is dropped.
struct Words {
  std::string text;
  std::vector<TextSpan> spans;
  bool at_front = true;  // the first word begins where the text given to encode begins
};

struct SplitStep {
  TextPattern pattern;
  SplitBehavior behavior = SplitBehavior::isolated;
  bool invert = false;
};

// Spells every byte as a character of the byte alphabet, after an optional split and an optional leading blank.
struct ByteLevelStep {
  bool add_prefix_space = false;
  std::optional<TextPattern> split;
};

// Spells blanks as a visible character and puts one in front of words.
struct MetaspaceStep {
  enum class Prepend { always, first, never };
  std::string replacement;
  Prepend prepend = Prepend::always;
  bool split = true;
};

// Cuts at numeric characters: each alone, or runs of them.
struct DigitsStep {
  bool individual = false;
};

struct WhitespaceSplitStep {};  // keeps what is not white space
struct WhitespaceStep {};       // keeps runs of word characters, and runs of the others but white space
struct PunctuationStep {
  SplitBehavior behavior = SplitBehavior::isolated;
};

using PreTokenizerStep = std::variant<SplitStep, ByteLevelStep, MetaspaceStep, DigitsStep, WhitespaceSplitStep,
                                      WhitespaceStep, PunctuationStep>;

// Immutable and thread-safe.
class PreTokenizer {
 public:
  PreTokenizer() = default;
  explicit PreTokenizer(std::vector<PreTokenizerStep> steps) : steps_(std::move(steps)) {}

  // Without steps the whole piece is one word.
  Words apply(std::string piece, bool at_front, RegexScratch& scratch) const;

 private:
  std::vector<PreTokenizerStep> steps_;
};

// The pattern that a ByteLevel step splits by unless it says otherwise (published with the first byte-level
// BPE).
extern const char* const kByteLevelPattern;

}  // namespace halftone
