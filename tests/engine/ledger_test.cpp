#include "halftone/engine/ledger.h"

#include "tests/support/small_model.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone::test {
namespace {

const StageBytes& stage(const std::vector<StageBytes>& list, const std::string& name) {
  for (const auto& s : list) {
    if (s.stage == name) return s;
  }
  ADD_FAILURE() << name;
  return list.front();
}

TEST(StageBytes, AddUpToTheFilesBeforeAndAfter) {
  const SmallModel model;
  const Job job = model.bind(small_recipe("rtn: {}"));
  model.run(small_recipe("rtn: {}"), {}, into("/out"));
  const auto stages = stage_bytes(job, *job.outputs[0].format);
  std::int64_t in = 0, out = 0, tensors_in = 0, tensors_out = 0;
  for (const auto& s : stages) {
    in += s.bytes_in;
    out += s.bytes_out;
    tensors_in += s.tensors_in;
    tensors_out += s.tensors_out;
  }
  const auto expect_sum = [](const Checkpoint& checkpoint, std::int64_t bytes, std::int64_t tensors) {
    std::int64_t sum = 0;
    for (const auto& info : checkpoint.files->list()) sum += static_cast<std::int64_t>(info.bytes);
    EXPECT_EQ(sum, bytes);
    EXPECT_EQ(static_cast<std::int64_t>(checkpoint.files->list().size()), tensors);
  };
  expect_sum(model.checkpoint, in, tensors_in);
  expect_sum(model.open("/out"), out, tensors_out);
}

TEST(StageBytes, ChangeOnlyWhereTheRecipeQuantizes) {
  const SmallModel model;
  const Job job = model.bind(small_recipe("rtn: {}"));
  const auto stages = stage_bytes(job, *job.outputs[0].format);
  const StageBytes &vision = stage(stages, "vision"), &language = stage(stages, "language");
  EXPECT_EQ(vision.bytes_in, vision.bytes_out);
  EXPECT_EQ(vision.tensors_in, vision.tensors_out);
  EXPECT_EQ(vision.bytes_in, 2 * vision.parameters);  // bfloat16
  // Four bits a code and a bfloat16 scale for 64 of them, a scale and a shape more for each of seven linears.
  std::int64_t codes = 0;
  for (const auto& site : job.graph().find_block("language.0")->sites) {
    const auto& shape =
        job.graph().find_block("language.0")->slots[static_cast<std::size_t>(site.weight)].shape;
    codes += shape[0] * shape[1];
  }
  EXPECT_EQ(language.tensors_out - language.tensors_in, 7 * 2);
  EXPECT_EQ(language.bytes_in - language.bytes_out, 2 * codes - codes / 2 - codes / 64 * 2 - 7 * 2 * 8);
}

TEST(StageBytes, AreWrittenInTheOrderOfTheModel) {
  const SmallModel model;
  const Job job = model.bind(small_recipe("rtn: {}"));
  std::vector<std::string> names;
  for (const auto& entry : to_json(stage_bytes(job, *job.outputs[0].format)))
    names.push_back(entry["stage"].get<std::string>());
  // The head of this model is its embedding table again, which the language stage reads first; its norm is its
  // own.
  EXPECT_THAT(names, testing::ElementsAre("vision", "bridge", "language", "head"));
}

}  // namespace
}  // namespace halftone::test
