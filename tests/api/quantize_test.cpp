#include <filesystem>

#include "tests/api/places.h"
#include "tests/expect_error.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "halftone/api/api.h"

namespace halftone::test {
namespace {

class Quantize : public testing::Test {
 protected:
  api::QuantizeRequest request(const std::string& recipe) const {
    api::QuantizeRequest r;
    r.model = kModel;
    r.recipe.recipe = recipe;
    r.device = "cpu";
    r.out = place_ / "out";
    return r;
  }
  TempDirectory place_;
};

TEST_F(Quantize, NamesTheFlagWhenDataIsNeeded) {
  const Error error = error_of([&] { api::quantize(request("gptq-w4g64"), {}); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_THAT(error.hint(), testing::HasSubstr("--data"));
  EXPECT_FALSE(std::filesystem::exists(place_ / "out"));
}

TEST_F(Quantize, DataTurnsQualityOnEvenWhereTheMethodNeedsNone) {
  auto r = request("rtn-w4g64");
  r.data.data = {write_texts(place_, 10)};
  const Json result = api::quantize(r, {});
  EXPECT_EQ(result["quality"]["samples"].size(), 5u);
  EXPECT_GT(result["quality"]["kl"].get<double>(), 0);
}

TEST_F(Quantize, WarnsOfSkippedRecords) {
  auto r = request("rtn-w4g64");
  r.data.data = {write_into(place_, "x.jsonl", "{\"text\": \"good\"}\n{\"text\": 1}\n{\"text\": \"fine\"}\n")};
  r.recipe.set = {"calibration.on_bad_record=skip"};
  std::vector<std::string> warnings;
  api::Watch watch;
  watch.sink = [&](const Record& record) {
    if (record.kind == "warning") warnings.push_back(record.fields["text"].get<std::string>());
  };
  EXPECT_EQ(api::quantize(r, watch)["skipped_records"], 1);
  EXPECT_THAT(warnings, testing::ElementsAre(testing::HasSubstr("x.jsonl, record 2")));
}

TEST_F(Quantize, AStopBeforehandLeavesNothing) {
  std::stop_source source;
  source.request_stop();
  expect_error(ErrorKind::interrupted, {"nothing was written"}, [&] {
    api::quantize(request("rtn-w4g64"), {{}, source.get_token()});
  });
  EXPECT_TRUE(std::filesystem::is_empty(place_.path()));
}

}  // namespace
}  // namespace halftone::test
