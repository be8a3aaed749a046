// The decoder: steps that turn the tokens of a text back into the text.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "halftone/text/text_pattern.h"

namespace halftone {

// Joins all tokens and reads them in the byte alphabet; bytes that are not UTF-8 become U+FFFD.
struct ByteLevelDecode {};
struct ReplaceDecode {
  TextPattern pattern;
  std::string content;
};
// Joins runs of <0xHH> tokens to the text of these bytes; if it is not valid UTF-8, to one U+FFFD for each
// byte.
struct ByteFallbackDecode {};
// Joins all tokens.
struct FuseDecode {};
// Removes up to so many copies of a character at the ends of every token.
struct StripDecode {
  char32_t content = ' ';
  std::size_t start = 0, stop = 0;
};
// Spells the visible blank as a blank; in the first token it is dropped where encoding puts one in front.
struct MetaspaceDecode {
  char32_t replacement = 0x2581;
  bool drop_first = true;
};

using DecoderStep =
    std::variant<ByteLevelDecode, ReplaceDecode, ByteFallbackDecode, FuseDecode, StripDecode, MetaspaceDecode>;

// Immutable and thread-safe.
class Decoder {
 public:
  Decoder() = default;
  explicit Decoder(std::vector<DecoderStep> steps, std::string separator = "")
      : steps_(std::move(steps)), separator_(std::move(separator)) {}

  // The text of tokens that are valid UTF-8; the result is valid UTF-8 too.
  std::string apply(std::vector<std::string> tokens, RegexScratch& scratch) const;

 private:
  std::vector<DecoderStep> steps_;
  std::string separator_ = " ";  // between what is left after the last step; a blank where no decoder is given
};

}  // namespace halftone
