#include "halftone/engine/turns.h"

#include "tests/support/small_model.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone::test {
namespace {

using testing::ElementsAre;
using Names = std::vector<std::string>;

// patch_embed, vision.0, vision.1, bridge, embed, language.0, language.1, head
class Turns : public testing::Test {
 protected:
  std::vector<Turn> turns(const std::string& method, bool measure) {
    job_ = model_.bind(small_recipe(method));
    return plan_turns(job_, measure);
  }
  static Names that(const std::vector<Turn>& turns, bool Turn::*does) {
    Names names;
    for (const auto& turn : turns) {
      if (turn.*does) names.push_back(turn.block->name);
    }
    return names;
  }

  SmallModel model_{2};
  Job job_;
};

TEST_F(Turns, WithoutStatisticsOnlyWhatIsQuantizedIsRead) {
  const auto plan = turns("rtn: {}", false);
  EXPECT_EQ(plan.size(), job_.graph().blocks.size());
  for (const auto& turn : plan) EXPECT_FALSE(turn.runs()) << turn.block->name;
  const auto orders = load_orders(plan);
  ASSERT_EQ(orders.size(), 2u);
  const Block& layer = *orders[0].block;
  EXPECT_EQ(layer.name, "language.0");
  std::size_t read = 0;
  for (const auto& slot : layer.slots) read += orders[0].only(slot) ? 1 : 0;
  EXPECT_EQ(read, 7u);  // no norms, no biases
}

TEST_F(Turns, CalibrationRunsUpToTheLastObservedBlock) {
  const auto plan = turns("gptq: {}", false);
  EXPECT_THAT(that(plan, &Turn::observe), ElementsAre("language.0", "language.1"));
  const Names forward = that(plan, &Turn::forward);
  EXPECT_EQ(forward.size(), plan.size() - 2);  // not the last observed one, not the head
  EXPECT_EQ(forward.back(), "language.0");
  const auto orders = load_orders(plan);
  EXPECT_EQ(orders.size(), plan.size() - 1);
  for (const auto& order : orders) EXPECT_FALSE(order.only);
}

TEST_F(Turns, MeasuringRunsEveryBlock) {
  const auto plan = turns("rtn: {}", true);
  EXPECT_EQ(that(plan, &Turn::measure).size(), plan.size());
  EXPECT_EQ(load_orders(plan).size(), plan.size());
}

TEST_F(Turns, InputsAreQuantizedWhereTheSchemeSaysSo) {
  auto plan = turns("rtn: {}", false);
  for (const auto& turn : plan) EXPECT_FALSE(turn.input_quantizers().quantize);
  auto& sites = plan[plan.size() - 2].sites;
  sites.front().second.input = InputScheme{};
  EXPECT_TRUE(plan[plan.size() - 2].input_quantizers().quantize);
}

}  // namespace
}  // namespace halftone::test
