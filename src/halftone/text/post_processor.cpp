#include "halftone/text/post_processor.h"

#include <algorithm>

namespace halftone {

void PostProcessor::apply(std::vector<std::int64_t>& ids) const {
  ids.insert(ids.begin(), before.begin(), before.end());
  ids.insert(ids.end(), after.begin(), after.end());
}

PostProcessor PostProcessor::then(const PostProcessor& outer) const {
  PostProcessor both = outer;
  both.before.insert(both.before.end(), before.begin(), before.end());
  both.after.insert(both.after.begin(), after.begin(), after.end());
  return both;
}

std::int64_t PostProcessor::max_id() const {
  std::int64_t highest = -1;
  for (const auto& ids : {before, after}) {
    for (const std::int64_t id : ids) highest = std::max(highest, id);
  }
  return highest;
}

}  // namespace halftone
