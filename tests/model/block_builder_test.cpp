#include "halftone/model/block_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "halftone/model/ops.h"

namespace halftone {
namespace {

using testing::ElementsAre;

TEST(AddSpace, ReturnsItsIndex) {
  ModelGraph graph;
  EXPECT_EQ(add_space(graph, {"a", 4, {}, 0}), 0);
  EXPECT_EQ(add_space(graph, {"b", 6, {.diagonal = true}, 2}), 1);
  EXPECT_EQ(graph.space(1).name, "b");
  EXPECT_EQ(graph.space(1).head_dim, 2);
}

class Builder : public testing::Test {
 protected:
  const Slot& slot(SlotId id) const { return graph_.blocks[0].slots[static_cast<std::size_t>(id)]; }
  const Site& site(int index) const { return graph_.blocks[0].sites[static_cast<std::size_t>(index)]; }
  const Link& link(int index) const { return graph_.blocks[0].links[static_cast<std::size_t>(index)]; }

  ModelGraph graph_;
  SpaceId hidden_ = add_space(graph_, {"hidden", 8, {}, 0});
  BlockBuilder b_{graph_, "language.3", Stage::language};
};

TEST_F(Builder, ALinearBecomesSlotsAndASite) {
  const SpaceId mid = b_.space("mid", 6, {.diagonal = true}, 3);
  const int index =
      b_.linear({.name = "up", .module = {"m.3.up", {}}, .bias = true, .output = {mid}, .input = {hidden_, 2}});
  b_.finish();
  EXPECT_EQ(graph_.space(mid).name, "language.3.mid");
  EXPECT_EQ(site(index).name, "language.3.up");
  EXPECT_EQ(site(index).stage, Stage::language);
  const Slot& weight = slot(site(index).weight);
  EXPECT_EQ(weight.name, "language.3.up");
  EXPECT_EQ(weight.part.tensor, "m.3.up.weight");
  EXPECT_EQ(weight.role, Role::matrix);
  EXPECT_THAT(weight.shape, ElementsAre(6, 16));
  EXPECT_THAT(weight.file_shape, ElementsAre(6, 16));
  EXPECT_THAT(weight.axes, ElementsAre(Axis{mid}, Axis{hidden_, 2}));
  const Slot& bias = slot(*site(index).bias);
  EXPECT_EQ(bias.name, "language.3.up.bias");
  EXPECT_EQ(bias.part.tensor, "m.3.up.bias");
  EXPECT_EQ(bias.role, Role::bias);
  EXPECT_THAT(bias.shape, ElementsAre(6));
  EXPECT_THAT(bias.axes, ElementsAre(Axis{mid}));
}

TEST_F(Builder, AFusedTensorIsAsTallAsItsPeriods) {
  // Two kv groups of 2 q heads, k and v, each head 3 rows: periods of 12, of which q owns 6.
  const SpaceId q = b_.space("q", 12);
  const int index =
      b_.linear({.name = "q", .module = {"qkv", {12, 0, 6}}, .bias = true, .output = {q}, .input = {hidden_}});
  b_.finish();
  EXPECT_THAT(slot(site(index).weight).shape, ElementsAre(12, 8));
  EXPECT_THAT(slot(site(index).weight).file_shape, ElementsAre(24, 8));
  EXPECT_THAT(slot(*site(index).bias).file_shape, ElementsAre(24));
}

TEST_F(Builder, AConvolutionKeepsItsFileShape) {
  const SpaceId pixels = b_.space("pixels", 12);
  const int index = b_.linear({.name = "conv",
                               .module = {"conv", {}},
                               .output = {hidden_},
                               .input = {pixels},
                               .file_shape = {8, 3, 2, 2},
                               .convolution = true});
  b_.finish();
  EXPECT_TRUE(site(index).convolution);
  EXPECT_FALSE(site(index).bias);
  EXPECT_THAT(slot(site(index).weight).shape, ElementsAre(8, 12));
  EXPECT_THAT(slot(site(index).weight).file_shape, ElementsAre(8, 3, 2, 2));
}

TEST_F(Builder, LinksNormOverAllCopiesOfWhatTheyRead) {
  const SpaceId merged = b_.space("in", 24);
  const int plain = b_.link({"norm", NormKind::rms, "n.weight", {}, hidden_, hidden_, 1e-5});
  const int copied = b_.link({"merged", NormKind::layer, "m.weight", "m.bias", hidden_, merged, 1e-6});
  b_.finish();
  EXPECT_EQ(link(plain).name, "language.3.norm");
  EXPECT_EQ(link(plain).copies, 1);
  EXPECT_EQ(link(plain).eps, 1e-5);
  EXPECT_FALSE(link(plain).shift);
  EXPECT_EQ(link(copied).copies, 3);
  EXPECT_EQ(slot(link(copied).gain).role, Role::gain);
  EXPECT_THAT(slot(link(copied).gain).shape, ElementsAre(24));
  EXPECT_EQ(slot(*link(copied).shift).part.tensor, "m.bias");
  EXPECT_EQ(slot(*link(copied).shift).role, Role::shift);
}

TEST_F(Builder, TablesHaveOneAxisInASpace) {
  const SlotId table = b_.table("tokens", "wte.weight", 100, hidden_, /*lookup=*/true);
  b_.finish();
  EXPECT_EQ(slot(table).name, "language.3.tokens");
  EXPECT_EQ(slot(table).part.tensor, "wte.weight");
  EXPECT_EQ(slot(table).role, Role::table);
  EXPECT_TRUE(slot(table).lookup);
  EXPECT_THAT(slot(table).shape, ElementsAre(100, 8));
  EXPECT_THAT(slot(table).axes, ElementsAre(Axis{-1}, Axis{hidden_}));
}

TEST(BuilderNames, ALinearNamedAsItsBlockIsNotNamedTwice) {
  ModelGraph graph;
  const SpaceId space = add_space(graph, {"s", 4, {}, 0});
  BlockBuilder b(graph, "head", Stage::head);
  b.linear({.name = "head", .module = {"lm_head", {}}, .output = {space}, .input = {space}, .tied = true});
  b.finish();
  EXPECT_EQ(graph.blocks[0].sites[0].name, "head");
  EXPECT_TRUE(graph.blocks[0].sites[0].tied);
}

TEST(BuilderFinish, BlocksAndSegmentsKeepTheirOrder) {
  ModelGraph graph;
  for (const char* name : {"a", "b"}) {
    BlockBuilder b(graph, name, Stage::vision);
    b.segment("attn", [](Ops&, const Flow& flow) { return flow; });
    b.segment("mlp", [](Ops&, const Flow& flow) { return flow; });
    b.finish();
  }
  ASSERT_EQ(graph.blocks.size(), 2U);
  EXPECT_EQ(graph.blocks[1].name, "b");
  EXPECT_EQ(graph.blocks[1].stage, Stage::vision);
  EXPECT_EQ(graph.blocks[0].segments[1].name, "mlp");
  EXPECT_EQ(graph.find_block("b"), &graph.blocks[1]);
  EXPECT_EQ(graph.find_block("c"), nullptr);
}

}  // namespace
}  // namespace halftone
