#include "tests/api/verbs_fixture.h"
#include "tests/expect_error.h"

#include "halftone/api/api.h"

namespace halftone::test {
namespace {

using VerifyVerb = WithOutput;

TEST_F(VerifyVerb, PassesAndMeasuresAgainstTheSource) {
  const Json alone = api::verify(out(), ""), against = api::verify(out(), kModel);
  EXPECT_TRUE(alone["passed"].get<bool>());
  EXPECT_TRUE(alone["errors"].empty());
  EXPECT_TRUE(against["passed"].get<bool>());
  EXPECT_EQ(against["errors"].size(), 42u);
  EXPECT_EQ(against["checks"].size(), alone["checks"].size());
}

TEST_F(VerifyVerb, AFloatCheckpointIsRefused) {
  expect_error(ErrorKind::unsupported, {kModel, "is not quantized"}, [&] { api::verify(kModel, ""); });
}

TEST_F(VerifyVerb, TheSourceMustBeFloat) {
  expect_error(ErrorKind::unsupported, {"quantized already"}, [&] { api::verify(out(), out()); });
}

}  // namespace
}  // namespace halftone::test
