#include "halftone/api/request.h"

#include "tests/api/places.h"
#include "tests/expect_error.h"
#include <gtest/gtest.h>

namespace halftone::test {
namespace {

class MakeJob : public testing::Test {
 protected:
  Job make(const std::string& recipe, const std::vector<std::string>& set = {},
           const api::DataChoice& data = {}) const {
    return make_job(registry_, checkpoint_, {recipe, set}, data, "cpu");
  }
  Registry registry_;
  Checkpoint checkpoint_ = registry_.open(kModel, Accept::float_only);
  TempDirectory place_;
};

TEST_F(MakeJob, SetReachesTheMethodByItsNameAndEverythingElseByPath) {
  const Job job = make("gptq-w4g64", {"gptq.damp=0.05", "calibration.samples=7", "schemes.main.weight.bits=3"});
  EXPECT_EQ(job.methods[0]->params()["damp"], 0.05);
  EXPECT_EQ(job.recipe.calibration.samples, 7);
  EXPECT_EQ(job.schemes.at("language.0.q").weight.bits, 3);
  expect_error(ErrorKind::usage, {"--set", "rtn"}, [&] { make("gptq-w4g64", {"rtn.range=mse"}); });
}

TEST_F(MakeJob, FilesAreReadLikePresets) {
  const std::string file = write_into(place_, "r.yaml", *preset_text("rtn-w4g64"));
  EXPECT_EQ(make(file).schemes, make("rtn-w4g64").schemes);
}

TEST_F(MakeJob, TheCommandLinesDataReplacesTheRecipes) {
  const std::string file =
      write_into(place_, "r.yaml",
                 *preset_text("rtn-w4g64") + "calibration: {data: [{path: a.json, images: pictures}]}\n");
  EXPECT_EQ(make(file).recipe.calibration.data[0].path, "a.json");
  const Job chosen = make(file, {}, {{"b.json", "c.jsonl"}, "elsewhere"});
  ASSERT_EQ(chosen.recipe.calibration.data.size(), 2u);
  EXPECT_EQ(chosen.recipe.calibration.data[1].path, "c.jsonl");
  EXPECT_EQ(chosen.recipe.calibration.data[1].images, "elsewhere");
  EXPECT_EQ(make(file, {}, {{}, "elsewhere"}).recipe.calibration.data[0].images, "elsewhere");
}

TEST_F(MakeJob, AllFaultsAtOnce) {
  const std::string file = write_into(place_, "r.yaml",
                                      "version: 1\nschemes: {a: {weight: {bits: 99}}}\n"
                                      "assign: [{site: nowhere, scheme: a}]\nmethods: [gptk]\nextra: 1\n");
  expect_error(ErrorKind::usage,
               {"4 faults", "r.yaml:2:30", "r.yaml:3:", "\"nowhere\"", "r.yaml:4:", "did you mean \"gptq\"?",
                "r.yaml:5:1", "\"extra\""},
               [&] { make(file); });
}

TEST_F(MakeJob, NeitherFileNorPresetAndDevicesThatAreNone) {
  expect_error(ErrorKind::usage, {"\"rtn-w4g65\"", "did you mean \"rtn-w4g64\"?"}, [&] { make("rtn-w4g65"); });
  expect_error(ErrorKind::usage, {place_.path(), "neither a file nor a preset"}, [&] { make(place_.path()); });
  expect_error(ErrorKind::usage, {"tpu"}, [&] {
    make_job(registry_, checkpoint_, {"rtn-w4g64", {}}, {}, "tpu");
  });
}

TEST(StopCheck, ThrowsOnceAStopIsRequested) {
  std::stop_source source;
  const auto check = stop_check(source.get_token());
  EXPECT_NO_THROW(check());
  source.request_stop();
  expect_error(ErrorKind::interrupted, {"nothing was written"}, check);
}

}  // namespace
}  // namespace halftone::test
