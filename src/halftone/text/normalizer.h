// The normalizer of a tokenizer: steps that rewrite a piece of text before it is split into words.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "halftone/text/marked_text.h"
#include "halftone/text/text_pattern.h"

namespace halftone {

// NFC, NFD, NFKC or NFKD of Unicode (UAX 15). Linear in the text, also for long runs of combining marks.
struct UnicodeForm {
  bool compose = true;
  bool compatibility = false;
};

// Puts text in front of a piece that is not empty.
struct PrependText {
  std::string text;
};

struct ReplaceText {
  TextPattern pattern;
  std::string content;
};

struct LowercaseText {};

// Removes white space at the ends.
struct StripText {
  bool left = true;
  bool right = true;
};

using NormalizerStep = std::variant<UnicodeForm, PrependText, ReplaceText, LowercaseText, StripText>;

// Immutable and thread-safe. Marks travel with the text: what a step makes of locked bytes is locked.
class Normalizer {
 public:
  Normalizer() = default;
  explicit Normalizer(std::vector<NormalizerStep> steps) : steps_(std::move(steps)) {}

  bool empty() const { return steps_.empty(); }
  MarkedText apply(MarkedText text, RegexScratch& scratch) const;

 private:
  std::vector<NormalizerStep> steps_;
};

}  // namespace halftone
