#include "halftone/engine/conductor.h"

#include "tests/expect_error.h"
#include "tests/support/small_model.h"
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone::test {
namespace {

std::pair<std::size_t, std::size_t> sizes(std::size_t count, std::int64_t requested) {
  const SampleSplit split = split_samples(count, requested);
  return {split.calibration.size(), split.quality.size()};
}

std::vector<Json> lines_of(FileSystem& files, const std::string& path, const std::string& kind) {
  std::vector<Json> lines;
  std::istringstream text(read_file(files, path));
  for (std::string line; std::getline(text, line);) {
    Json json = Json::parse(line);
    if (json["kind"] == kind) lines.push_back(std::move(json));
  }
  return lines;
}

TEST(SplitSamples, KeepsTheLastTenthEightToSixtyFourAndNeverMoreThanHalf) {
  using Pair = std::pair<std::size_t, std::size_t>;
  EXPECT_EQ(sizes(0, -1), Pair(0, 0));
  EXPECT_EQ(sizes(1, -1), Pair(1, 0));
  EXPECT_EQ(sizes(10, -1), Pair(5, 5));
  EXPECT_EQ(sizes(20, -1), Pair(12, 8));
  EXPECT_EQ(sizes(200, -1), Pair(180, 20));
  EXPECT_EQ(sizes(1000, -1), Pair(936, 64));
  EXPECT_EQ(sizes(10, 0), Pair(10, 0));
  EXPECT_EQ(sizes(10, 3), Pair(7, 3));
  EXPECT_EQ(sizes(10, 100), Pair(5, 5));
  EXPECT_THAT(split_samples(4, 1).quality, testing::ElementsAre(3));
}

TEST(RunJob, WritesAModelThatOpensAndSaysWhatItSaw) {
  const SmallModel model;
  const RunResult r = model.run(small_recipe("gptq: {}"), text_samples(20, 24), into("/out"));
  EXPECT_EQ(r.outputs, std::vector<std::string>{"/out"});
  ASSERT_TRUE(r.quality);
  EXPECT_EQ(r.quality->samples.size(), 8u);
  EXPECT_EQ(r.quality->answer.positions, 8 * 23);
  EXPECT_GT(r.quality->answer.kl, 0);
  const auto run = lines_of(*model.files, "/out/run.jsonl", "run");
  ASSERT_EQ(run.size(), 1u);
  EXPECT_EQ(run[0]["calibration_samples"].size(), 12u);
  for (const auto& id : run[0]["calibration_samples"])
    EXPECT_THAT(r.quality->samples, testing::Not(testing::Contains(id.get<std::string>())));
  EXPECT_EQ(lines_of(*model.files, "/out/run.jsonl", "site").size(), 7u);
  EXPECT_EQ(lines_of(*model.files, "/out/run.jsonl", "block").size(), 6u);
  EXPECT_EQ(lines_of(*model.files, "/out/run.jsonl", "written").size(), 7u);
  EXPECT_EQ(lines_of(*model.files, "/out/run.jsonl", "finished").size(), 1u);
}

TEST(RunJob, WithoutDataRunsNothing) {
  const SmallModel model;
  const RunResult r = model.run(small_recipe("rtn: {}"), {}, into("/out"));
  EXPECT_FALSE(r.quality);
  EXPECT_EQ(Json::parse(read_file(*model.files, "/out/quality.json")), Json::object());
}

TEST(RunJob, SeveralOutputsHaveADirectoryEachAndTheSameNumbers) {
  const SmallModel model;
  const std::string more = "output: [{format: compressed_tensors}, {format: dense}]\n";
  const RunResult r = model.run(small_recipe("rtn: {}", more), {}, into("/out"));
  EXPECT_THAT(r.outputs, testing::ElementsAre("/out/compressed_tensors", "/out/dense"));
  const Checkpoint packed = model.open(r.outputs[0]), dense = model.open(r.outputs[1]);
  EXPECT_EQ(dense.format, nullptr);
  for (const auto& info : dense.source().list()) {
    const Tensor expected = packed.source().read(packed.source().at(info.name));
    const Tensor found = dense.source().read(info);
    EXPECT_TRUE(at::equal(found, expected.to(found.scalar_type()))) << info.name;
    EXPECT_TRUE(model.files->stat("/out/dense/run.jsonl").exists);
  }
}

TEST(RunJob, TellsHowFarItIs) {
  const SmallModel model;
  RunOptions options = into("/out");
  std::vector<std::pair<int, int>> progress;
  options.sink = [&](const Record& r) {
    if (r.kind == "progress") progress.emplace_back(r.fields["done"].get<int>(), r.fields["total"].get<int>());
  };
  model.run(small_recipe("rtn: {}"), {}, options);
  ASSERT_EQ(progress.size(), 6u);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(progress[static_cast<std::size_t>(i)], std::pair(i + 1, 6));
}

TEST(RunJob, AnEmptyCalibrationSetIsRefusedBeforeAnythingIsMade) {
  const SmallModel model;
  const auto before = model.files->list("/");
  expect_error(ErrorKind::input, {"calibration set is empty"},
               [&] { model.run(small_recipe("gptq: {}"), {}, into("/out")); });
  EXPECT_EQ(model.files->list("/"), before);
}

TEST(RunJob, BrokenLimitsAreNamed) {
  const SmallModel model;
  const auto samples = text_samples(16, 24);
  const RunResult bad =
      model.run(small_recipe("gptq: {}", "limits: {kl: 0.0, top1: 1.0}\n"), samples, into("/bad"));
  EXPECT_THAT(bad.broken_limits, testing::Contains(testing::HasSubstr("kl ")));
  EXPECT_TRUE(model.files->stat("/bad/config.json").exists);
  const RunResult good =
      model.run(small_recipe("gptq: {}", "limits: {kl: 1000, top1: 0.0}\n"), samples, into("/good"));
  EXPECT_THAT(good.broken_limits, testing::IsEmpty());
}

// A stop may come at any moment at which the run asks.
TEST(RunJob, AStopLeavesNothingWheneverItComes) {
  const SmallModel model;
  const auto before = model.files->list("/");
  const auto samples = text_samples(4, 12);
  int stops = 0;
  for (int limit = 1;; ++limit, ++stops) {
    int asked = 0;
    RunOptions options = into("/out");
    options.check = [&] { require(++asked < limit, ErrorKind::interrupted, "stopped"); };
    try {
      model.run(small_recipe("gptq: {}", "micro_batch: 1\n"), samples, options);
      break;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::interrupted) << error.render();
    }
    EXPECT_EQ(model.files->list("/"), before);
  }
  EXPECT_GT(stops, 10);
}

TEST(RunJob, PropagationIsFromQuantizedOrFromFloatBlocks) {
  const SmallModel model(2);
  const auto samples = text_samples(16, 24);
  model.run(small_recipe("gptq: {}"), samples, into("/quantized"));
  model.run(small_recipe("gptq: {}", "propagate: reference\n"), samples, into("/reference"));
  const Checkpoint a = model.open("/quantized"), b = model.open("/reference");
  const auto same = [&](const std::string& name) {
    const std::string tensor = name + ".weight";
    return at::equal(a.source().read(a.source().at(tensor)), b.source().read(b.source().at(tensor)));
  };
  // The first layer sees the same input either way, the second sees the first one's error or not.
  EXPECT_TRUE(same("model.layers.0.self_attn.q_proj"));
  EXPECT_TRUE(same("model.layers.0.mlp.down_proj"));
  EXPECT_FALSE(same("model.layers.1.mlp.down_proj"));
}

}  // namespace
}  // namespace halftone::test
