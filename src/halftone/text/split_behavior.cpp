#include "halftone/text/split_behavior.h"

#include <algorithm>

namespace halftone {
namespace {

struct Part {
  TextSpan span;
  bool matched;
};

std::vector<Part> parts_of(TextSpan whole, const std::vector<TextSpan>& matches, bool invert) {
  std::vector<Part> parts;
  parts.reserve(2 * matches.size() + 1);
  std::size_t end = whole.begin;
  for (const TextSpan match : matches) {
    if (end != match.begin) parts.push_back({{end, match.begin}, invert});
    parts.push_back({match, !invert});
    end = match.end;
  }
  if (end != whole.end) parts.push_back({{end, whole.end}, invert});
  return parts;
}

// A match that does not follow a match joins the part before it (in the order of `parts`).
void merge_matches_backwards(std::vector<Part>& parts) {
  std::vector<Part> merged;
  bool after_match = false;
  for (const Part& part : parts) {
    if (part.matched && !after_match && !merged.empty()) {
      TextSpan& last = merged.back().span;
      last = {std::min(last.begin, part.span.begin), std::max(last.end, part.span.end)};
    } else {
      merged.push_back(part);
    }
    after_match = part.matched;
  }
  parts = std::move(merged);
}

void merge_equal_neighbours(std::vector<Part>& parts) {
  std::vector<Part> merged;
  for (const Part& part : parts) {
    if (!merged.empty() && merged.back().matched == part.matched) {
      merged.back().span.end = part.span.end;
    } else {
      merged.push_back(part);
    }
  }
  parts = std::move(merged);
}

void merge(std::vector<Part>& parts, SplitBehavior behavior) {
  switch (behavior) {
    case SplitBehavior::removed:
    case SplitBehavior::isolated: return;
    case SplitBehavior::merged_with_previous: return merge_matches_backwards(parts);
    case SplitBehavior::merged_with_next:
      std::reverse(parts.begin(), parts.end());
      merge_matches_backwards(parts);
      std::reverse(parts.begin(), parts.end());
      return;
    case SplitBehavior::contiguous: return merge_equal_neighbours(parts);
  }
}

// The two behaviors that glue nothing, which is what nearly all files ask for, need no list of parts.
void append_parts(TextSpan whole, const std::vector<TextSpan>& matches, bool keep_matched, bool keep_others,
                  std::vector<TextSpan>& fragments) {
  std::size_t end = whole.begin;
  for (const TextSpan match : matches) {
    if (keep_others && end != match.begin) fragments.push_back({end, match.begin});
    if (keep_matched && !match.empty()) fragments.push_back(match);
    end = match.end;
  }
  if (keep_others && end != whole.end) fragments.push_back({end, whole.end});
}

}  // namespace

void split_at_matches(TextSpan whole, const std::vector<TextSpan>& matches, SplitBehavior behavior, bool invert,
                      std::vector<TextSpan>& fragments) {
  const bool removed = behavior == SplitBehavior::removed;
  if (removed || behavior == SplitBehavior::isolated) {
    return append_parts(whole, matches, !removed || invert, !removed || !invert, fragments);
  }
  std::vector<Part> parts = parts_of(whole, matches, invert);
  merge(parts, behavior);
  for (const Part& part : parts) {
    if (!part.span.empty()) fragments.push_back(part.span);
  }
}

}  // namespace halftone
