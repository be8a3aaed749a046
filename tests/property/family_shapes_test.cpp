// What a family declares must fit together before anything runs.
#include <map>
#include <set>

#include "tests/support/model_fixture.h"
#include <ATen/ops/full_like.h>
#include <gtest/gtest.h>

namespace halftone::test {
namespace {

class FamilyShapes : public testing::TestWithParam<FamilyCase> {
 protected:
  ModelFixture model_{GetParam().model};
  std::int64_t width(const Axis& axis) const { return model_.graph().space(axis.space).dim * axis.copies; }
};

TEST_P(FamilyShapes, AxesGiveTheShapesOfSlots) {
  for (const auto& block : model_.graph().blocks) {
    for (const auto& slot : block.slots) {
      ASSERT_EQ(slot.axes.size(), slot.shape.size()) << slot.name;
      for (std::size_t i = 0; i < slot.axes.size(); ++i) {
        if (slot.axes[i].space < 0) continue;
        EXPECT_EQ(width(slot.axes[i]), slot.shape[i]) << slot.name;
      }
    }
  }
}

TEST_P(FamilyShapes, NamesAreUnique) {
  std::set<std::string> blocks, sites, slots, spaces;
  for (const auto& block : model_.graph().blocks) {
    EXPECT_TRUE(blocks.insert(block.name).second) << block.name;
    for (const auto& site : block.sites) EXPECT_TRUE(sites.insert(site.name).second) << site.name;
    for (const auto& slot : block.slots) EXPECT_TRUE(slots.insert(slot.name).second) << slot.name;
  }
  for (const auto& space : model_.graph().spaces) EXPECT_TRUE(spaces.insert(space.name).second) << space.name;
}

// The slots of a fused tensor cover each of its rows once, and joining them gives the tensor back.
TEST_P(FamilyShapes, FusedTensorsSplitAndJoin) {
  for (const auto& block : model_.graph().blocks) {
    std::map<std::string, std::vector<const Slot*>> by_tensor;
    for (const auto& slot : block.slots) by_tensor[slot.part.tensor].push_back(&slot);
    for (const auto& [name, slots] : by_tensor) {
      const Tensor whole = model_.checkpoint.source().read(model_.checkpoint.source().at(name));
      Tensor joined = at::full_like(whole, NAN);
      for (const Slot* slot : slots) {
        const Tensor rows = select_rows(whole, slot->part.rows);
        EXPECT_EQ(rows.numel(),
                  at::IntArrayRef(slot->shape).size() > 0 ? c10::multiply_integers(slot->shape) : 1)
            << slot->name;
        place_rows(joined, slot->part.rows, rows);
      }
      EXPECT_TRUE(joined.equal(whole)) << name;
    }
  }
}

// A space without a producer or a reader is a label that nothing uses; only the model's ends may lack one.
TEST_P(FamilyShapes, EverySpaceIsWrittenAndRead) {
  std::map<SpaceId, int> written, read;
  for (const auto& block : model_.graph().blocks) {
    for (const auto& site : block.sites) {
      ++read[site.input.space];
      ++written[site.output.space];
    }
    for (const auto& link : block.links) {
      ++read[link.from];
      ++written[link.to];
    }
  }
  const std::set<std::string> ends = {"vocabulary", "vision.pixels"};
  for (std::size_t id = 0; id < model_.graph().spaces.size(); ++id) {
    const Space& space = model_.graph().spaces[id];
    const auto key = static_cast<SpaceId>(id);
    EXPECT_TRUE(ends.contains(space.name) || written[key] > 0) << space.name;
    // Queries, keys, gates and what a nonlinearity makes of them are read by the forward itself.
    const bool inner = !space.admits.diagonal && !space.admits.orthogonal;
    EXPECT_TRUE(ends.contains(space.name) || inner || read[key] > 0) << space.name;
  }
}

TEST_P(FamilyShapes, EveryStageHasModuleNames) {
  for (const auto& module : model_.checkpoint.modules) {
    ASSERT_TRUE(model_.graph().modules.contains(module.stage)) << module.module;
    if (module.tied || module.convolution) continue;
    EXPECT_TRUE(module.module.starts_with(model_.graph().modules.at(module.stage).prefix)) << module.module;
  }
}

INSTANTIATE_TEST_SUITE_P(All, FamilyShapes, testing::ValuesIn(family_cases()), FamilyCaseName());

}  // namespace
}  // namespace halftone::test
