// How a text falls apart at the matches of a pattern.
#pragma once

#include <vector>

#include "halftone/text/text_span.h"

namespace halftone {

enum class SplitBehavior {
  removed,               // matches are dropped
  isolated,              // every match is a fragment of its own
  merged_with_previous,  // a match is glued to the fragment before it
  merged_with_next,      // ... after it
  contiguous,            // neighbouring matches are glued together
};

// Appends to `fragments` the parts of `whole`, in order and never empty. `matches` are ordered, without
// overlap, inside `whole`; with `invert`, what lies between the matches counts as matched and the matches do
// not.
void split_at_matches(TextSpan whole, const std::vector<TextSpan>& matches, SplitBehavior behavior, bool invert,
                      std::vector<TextSpan>& fragments);

}  // namespace halftone
