#include "halftone/engine/writer.h"

#include "tests/expect_error.h"
#include "tests/support/small_model.h"
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone::test {
namespace {

QuantizedTensor constant(std::int64_t rows, int code) {
  QuantizedTensor q;
  q.codes = at::full({rows, 2}, code, at::kChar);
  q.scale = at::full({rows, 1}, static_cast<double>(code) / 4);
  return q;
}

// A fused tensor of two heads: rows q q k, q q k.
struct Fused {
  Block block;
  BlockWeights weights;
  Fused() {
    for (const auto& [offset, count, code] : {std::tuple{0, 2, 1}, std::tuple{2, 1, 2}}) {
      Slot slot;
      slot.part = {"qk", {3, offset, count}};
      slot.shape = {2 * count, 2};
      slot.file_shape = {6, 2};
      block.slots.push_back(slot);
      weights.quantized.emplace_back(constant(2 * count, code));
    }
  }
};

TEST(JoinSlots, PutsRowsWhereTheCheckpointHasThem) {
  const Fused fused;
  const QuantizedTensor q = join_slots(fused.block, fused.weights, "qk");
  EXPECT_TRUE(at::equal(q.codes.select(1, 0), at::tensor({1, 1, 2, 1, 1, 2}, at::kChar)));
  EXPECT_TRUE(at::equal(q.scale.select(1, 0), at::tensor({.25f, .25f, .5f, .25f, .25f, .5f})));
  EXPECT_FALSE(q.zero.defined());
}

TEST(JoinSlots, TakesZeroPointsAlong) {
  Fused fused;
  for (auto& q : fused.weights.quantized) q->zero = q->codes.narrow(1, 0, 1).clone() * 3;
  EXPECT_TRUE(at::equal(join_slots(fused.block, fused.weights, "qk").zero.select(1, 0),
                        at::tensor({3, 3, 6, 3, 3, 6}, at::kChar)));
}

TEST(HashOf, SeesCodesScalesAndZeros) {
  const std::string one = hash_of(constant(2, 1));
  EXPECT_EQ(hash_of(constant(2, 1)), one);
  QuantizedTensor q = constant(2, 1);
  q.codes[1][1] = 0;
  EXPECT_NE(hash_of(q), one);
  q = constant(2, 1);
  q.scale[0][0] = 2;
  EXPECT_NE(hash_of(q), one);
  q = constant(2, 1);
  q.zero = at::full({2, 1}, 0, at::kChar);
  EXPECT_NE(hash_of(q), one);
}

TEST(PlannedTensors, ReplaceQuantizedWeightsAndKeepTheRest) {
  const SmallModel model;
  const Job job = model.bind(small_recipe("rtn: {}"));
  const auto plan = planned_tensors(job, *job.outputs[0].format);
  std::map<std::string, const TensorPlan*> by_name;
  for (const auto& tensor : plan) EXPECT_TRUE(by_name.emplace(tensor.name, &tensor).second) << tensor.name;
  EXPECT_FALSE(by_name.contains("model.layers.0.mlp.up_proj.weight"));
  EXPECT_TRUE(by_name.contains("model.layers.0.mlp.up_proj.weight_packed"));
  for (const auto& info : model.checkpoint.files->list()) {
    const bool quantized = info.name.starts_with("model.layers.0.") && info.shape.size() == 2;
    EXPECT_EQ(by_name.contains(info.name), !quantized) << info.name;
    if (!quantized) {
      EXPECT_EQ(by_name.at(info.name)->shape, info.shape);
    }
  }
}

class Writing : public testing::Test {
 protected:
  Job job_ = model_().bind(small_recipe("rtn: {}"));
  static const SmallModel& model_() {
    static const SmallModel model;
    return model;
  }
};

TEST_F(Writing, WhatNobodyQuantizedIsAnError) {
  const auto files = memory_files();
  OutputWriter writer(*files, job_, {"/"});
  const Block& layer = *job_.graph().find_block("language.0");
  BlockWeights empty;
  empty.values.resize(layer.slots.size());
  empty.quantized.resize(layer.slots.size());
  writer.submit(layer, std::move(empty));
  EXPECT_ANY_THROW(writer.finish());
}

TEST_F(Writing, AFullDiskComesOutAtTheNextCallAndNamesTheBlock) {
  const auto disk = memory_files();
  const auto files = faulty_files(*disk, {.call = Fault::Call::write, .after = 3, .error = ENOSPC});
  OutputWriter writer(*files, job_, {"/"});
  const Error error = error_of([&] {
    for (const auto& block : job_.graph().blocks) {
      if (job_.sites_of(block).empty())
        writer.submit(block, load_block(block, job_.checkpoint->source(), at::kCPU));
    }
    writer.finish();
  });
  EXPECT_EQ(error.kind(), ErrorKind::resource);
  EXPECT_THAT(error.context(), testing::Contains(testing::HasSubstr("writing block ")));
}

TEST_F(Writing, MayBeDroppedUnfinished) {
  const auto files = memory_files();
  OutputWriter writer(*files, job_, {"/"});
  const Block& block = *job_.graph().find_block("patch_embed");
  writer.submit(block, load_block(block, job_.checkpoint->source(), at::kCPU));
}

}  // namespace
}  // namespace halftone::test
