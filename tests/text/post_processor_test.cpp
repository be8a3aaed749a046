#include "halftone/text/post_processor.h"

#include <gtest/gtest.h>

namespace halftone {
namespace {

std::vector<std::int64_t> around(const PostProcessor& post, std::vector<std::int64_t> ids) {
  post.apply(ids);
  return ids;
}

TEST(PostProcessor, PutsItsIdsAround) {
  EXPECT_EQ(around({}, {5}), (std::vector<std::int64_t>{5}));
  EXPECT_EQ(around({{1, 2}, {3}}, {5}), (std::vector<std::int64_t>{1, 2, 5, 3}));
  EXPECT_EQ(around({{1}, {}}, {}), (std::vector<std::int64_t>{1}));
}

TEST(PostProcessor, TheLaterOneStandsOutside) {
  const PostProcessor inner{{1}, {2}}, outer{{3}, {4}};
  std::vector<std::int64_t> stepwise = {9};
  inner.apply(stepwise);
  outer.apply(stepwise);
  EXPECT_EQ(around(inner.then(outer), {9}), stepwise);
  EXPECT_EQ(stepwise, (std::vector<std::int64_t>{3, 1, 9, 2, 4}));
}

TEST(PostProcessor, KnowsItsHighestId) {
  EXPECT_EQ(PostProcessor{}.max_id(), -1);
  EXPECT_EQ((PostProcessor{{1, 7}, {3}}.max_id()), 7);
}

}  // namespace
}  // namespace halftone
