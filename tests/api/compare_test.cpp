#include "tests/api/verbs_fixture.h"
#include "tests/expect_error.h"
#include <gmock/gmock.h>

#include "halftone/api/api.h"

namespace halftone::test {
namespace {

using Compare = WithOutput;

TEST_F(Compare, TakesAsManySamplesAsAskedAndTellsProgress) {
  std::size_t last = 0;
  api::Watch watch;
  watch.sink = [&](const Record& record) { last = record.fields["done"].get<std::size_t>(); };
  const Json r = api::compare({kModel, out(), {{write_texts(*place_, 9)}, ""}, 4, "cpu"}, watch);
  EXPECT_EQ(r["samples"].size(), 4u);
  EXPECT_EQ(last, 14u);
  EXPECT_GT(r["kl"].get<double>(), 0);
  EXPECT_EQ(r["first_departure"], "language.0");
}

TEST_F(Compare, NeedsData) {
  expect_error(ErrorKind::usage, {"--data"}, [&] { api::compare({kModel, out(), {}, 4, "cpu"}, {}); });
}

TEST_F(Compare, StopsWhenAsked) {
  std::stop_source source;
  source.request_stop();
  expect_error(ErrorKind::interrupted, {"stopped"}, [&] {
    api::compare({kModel, out(), {{write_texts(*place_, 3)}, ""}, 4, "cpu"}, {{}, source.get_token()});
  });
}

}  // namespace
}  // namespace halftone::test
