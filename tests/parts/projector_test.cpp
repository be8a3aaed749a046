#include "halftone/parts/projector.h"

#include "tests/parts/toy_model.h"
#include <ATen/ops/arange.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/silu.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

// Tower rows of 6 channels, two side by side, 10 between the matrices, 8 out.
ProjectorConfig small_config(ModelGraph& graph) {
  ProjectorConfig config;
  config.from = add_space(graph, {"vision.hidden", 6, {}, 0});
  config.to = add_space(graph, {"language.hidden", 8, {}, 0});
  config.merged = 2;
  config.mid = 10;
  config.norm_eps = 1e-3;
  config.norm_module = "ln";
  config.fc1_module = "fc1";
  config.fc2_module = "fc2";
  config.merge = [](const Tensor& rows, const Batch&) { return rows.reshape({rows.size(0) / 2, -1}); };
  return config;
}

Tensor merged(const Tensor& rows) { return rows.reshape({rows.size(0) / 2, -1}); }

Flow rows_of_a_tower(const Tensor& x) { return {x, std::make_shared<Batch>(), {}}; }

TEST(Projector, IsTwoMatricesWithANonlinearityBetween) {
  const Tensor x = naive::random({12, 6}, 30), wide = x.to(at::kDouble);
  for (const bool bias : {true, false}) {
    ToyModel toy;
    ProjectorConfig config = small_config(toy.graph);
    config.bias = bias;
    add_projector(toy.graph, config);
    toy.fill();
    EXPECT_EQ(toy.tensors.contains("fc1.bias"), bias);
    const Tensor expected = toy.linear("fc2", at::gelu(toy.linear("fc1", merged(wide))));
    EXPECT_LT(naive::relative_difference(expected, toy.run(rows_of_a_tower(x))), 1e-5);
  }
}

TEST(Projector, NormsEachPartOrTheMergedRow) {
  const Tensor x = naive::random({12, 6}, 30), wide = x.to(at::kDouble);
  for (const auto kind : {NormKind::layer, NormKind::rms}) {
    for (const bool after : {false, true}) {
      ToyModel toy;
      ProjectorConfig config = small_config(toy.graph);
      config.norm = kind;
      config.norm_after_merge = after;
      config.activation = Activation::silu;
      add_projector(toy.graph, config);
      toy.fill();
      EXPECT_EQ(toy.tensors.at("ln.weight").size(0), after ? 12 : 6);
      EXPECT_EQ(toy.tensors.contains("ln.bias"), kind == NormKind::layer);
      const Tensor normal = after ? toy.norm("ln", merged(wide), 1e-3) : merged(toy.norm("ln", wide, 1e-3));
      const Tensor expected = toy.linear("fc2", at::silu(toy.linear("fc1", normal)));
      EXPECT_LT(naive::relative_difference(expected, toy.run(rows_of_a_tower(x))), 1e-5);
    }
  }
}

TEST(Projector, ItsAxesSayWhatItReads) {
  struct Case {
    std::optional<NormKind> norm;
    bool after;
    const char* space;
    std::int64_t copies, link_copies;
  };
  for (const Case& c : {Case{{}, false, "vision.hidden", 2, 0}, Case{NormKind::layer, false, "bridge.in", 2, 1},
                        Case{NormKind::layer, true, "bridge.in", 1, 2}}) {
    ModelGraph graph;
    ProjectorConfig config = small_config(graph);
    config.norm = c.norm;
    config.norm_after_merge = c.after;
    add_projector(graph, config);
    const Block& block = *graph.find_block("bridge");
    EXPECT_EQ(block.stage, Stage::bridge);
    const Site &fc1 = *block.find_site("bridge.fc1"), &fc2 = *block.find_site("bridge.fc2");
    EXPECT_EQ(graph.space(fc1.input.space).name, c.space);
    EXPECT_EQ(fc1.input.copies, c.copies);
    EXPECT_EQ(fc1.output.space, fc2.input.space);
    EXPECT_EQ(fc2.output.space, config.to);
    EXPECT_THAT(block.slots[static_cast<std::size_t>(fc1.weight)].shape, testing::ElementsAre(10, 12));
    if (c.norm) {
      EXPECT_EQ(block.links[0].copies, c.link_copies);
    }
  }
}

// A tile of 4 x 4 rows that hold their own number: the group of row 1, column 0 begins at 8.
TEST(Projector, NeighboursAreLaidSideBySide) {
  const Tensor rows = at::arange(32, at::kFloat).view({32, 1});
  const auto group = [](const Tensor& merged, std::int64_t index) {
    return std::vector<float>(merged[index].const_data_ptr<float>(), merged[index].const_data_ptr<float>() + 4);
  };
  const Tensor by_row = merge_neighbours(rows, 4, 2), by_column = merge_neighbours(rows, 4, 2, true);
  ASSERT_EQ(by_row.sizes(), at::IntArrayRef({8, 4}));
  EXPECT_EQ(group(by_row, 1), (std::vector<float>{2, 3, 6, 7}));
  EXPECT_EQ(group(by_row, 2), (std::vector<float>{8, 9, 12, 13}));
  EXPECT_EQ(group(by_row, 4), (std::vector<float>{16, 17, 20, 21}));
  EXPECT_EQ(group(by_column, 1), group(by_row, 2));
  EXPECT_EQ(group(by_column, 7), group(by_row, 7));
}

}  // namespace
}  // namespace halftone
