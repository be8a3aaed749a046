// The post-processor: the ids that stand around every encoded text.
#pragma once

#include <cstdint>
#include <vector>

namespace halftone {

struct PostProcessor {
  std::vector<std::int64_t> before, after;

  void apply(std::vector<std::int64_t>& ids) const;
  // What `outer`, applied to the result of this one, adds to it.
  PostProcessor then(const PostProcessor& outer) const;
  std::int64_t max_id() const;  // -1 when it adds nothing
};

}  // namespace halftone
