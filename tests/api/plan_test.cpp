#include "tests/api/places.h"
#include "tests/expect_error.h"
#include <gtest/gtest.h>

#include "halftone/api/api.h"

namespace halftone::test {
namespace {

api::PlanRequest request(const std::string& recipe) {
  api::PlanRequest r;
  r.model = kModel;
  r.recipe.recipe = recipe;
  r.device = "cpu";
  return r;
}

TEST(PlanVerb, AssumesDataOrCountsIt) {
  const TempDirectory place;
  auto r = request("gptq-w4g64");
  const Json assumed = api::plan(r);
  EXPECT_TRUE(assumed["needs_data"].get<bool>() && assumed["data_assumed"].get<bool>());
  r.data.data = {write_texts(place, 10)};
  const Json counted = api::plan(r);
  EXPECT_FALSE(counted["data_assumed"].get<bool>());
  EXPECT_EQ(counted["samples"], 5);
  EXPECT_LT(counted["tokens"], assumed["tokens"]);
}

TEST(PlanVerb, WithoutNeedForDataThereIsNone) {
  const Json r = api::plan(request("rtn-w4g64"));
  EXPECT_FALSE(r["needs_data"].get<bool>());
  EXPECT_EQ(r["tokens"], 0);
}

TEST(PlanVerb, RefusesWhatQuantizeWouldRefuse) {
  auto r = request("rtn-w4g64");
  r.recipe.set = {"schemes.main.weight.group=96"};
  expect_error(ErrorKind::usage, {"groups of 96"}, [&] { api::plan(r); });
}

}  // namespace
}  // namespace halftone::test
