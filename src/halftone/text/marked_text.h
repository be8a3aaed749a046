// A text on its way through the tokenizer, with the parts in which added tokens must not be recognised.
#pragma once

#include <string>
#include <string_view>

#include "halftone/text/text_span.h"

namespace halftone {

struct MarkedText {
  std::string bytes;     // valid UTF-8
  std::string locked;    // one byte per byte of `bytes`, not 0 where no added token may be; empty: nowhere
  bool at_front = true;  // begins where the text given to encode begins

  bool is_locked(std::size_t at) const { return !locked.empty() && locked[at] != 0; }
  // Whether any byte of span is locked.
  bool any_locked(TextSpan span) const {
    return !locked.empty() && locked.find_first_not_of('\0', span.begin) < span.end;
  }
  // Appends a part of another text with its marks.
  void append(const MarkedText& from, TextSpan span) {
    bytes.append(from.bytes, span.begin, span.size());
    if (!from.locked.empty()) locked.append(from.locked, span.begin, span.size());
  }
  // Appends new text; `lock` counts only when this text is marked at all.
  void append(std::string_view text, bool lock, bool marked) {
    bytes += text;
    if (marked) locked.append(text.size(), lock ? '\1' : '\0');
  }
  MarkedText slice(TextSpan span) const {
    MarkedText part;
    part.append(*this, span);
    part.at_front = at_front && span.begin == 0;
    return part;
  }
};

}  // namespace halftone
