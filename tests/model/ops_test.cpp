#include "halftone/model/ops.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "halftone/model/block_builder.h"
#include "halftone/nn/norm.h"

namespace halftone {
namespace {

class OpsTest : public testing::Test {
 protected:
  OpsTest() {
    const SpaceId in = add_space(graph_, {"in", 6, {}, 0}), out = add_space(graph_, {"out", 4, {}, 0});
    BlockBuilder b(graph_, "b", Stage::language);
    biased_ = b.linear({.name = "biased", .module = {"w", {}}, .bias = true, .output = {out}, .input = {in}});
    plain_ = b.linear({.name = "plain", .module = {"p", {}}, .output = {out}, .input = {in}});
    rms_ = b.link({"rms", NormKind::rms, "g", {}, in, in, 0.1});
    layer_ = b.link({"layer", NormKind::layer, "g", "s", in, in, 0.1});
    scale_ = b.link({"scale", NormKind::none, "g", {}, in, in});
    table_ = b.table("tokens", "t", 9, in, true);
    b.segment("one", [this](Ops& ops, const Flow& flow) -> Flow {
      return {ops.link(rms_, flow.hidden), flow.batch, flow.side};
    });
    b.segment("two", [this](Ops& ops, const Flow& flow) -> Flow {
      return {ops.point("end", ops.linear(biased_, flow.hidden)), flow.batch, flow.side};
    });
    b.finish();
    for (const Slot& slot : block().slots) weights_.values.push_back(at::randn(slot.shape));
    weights_.quantized.resize(block().slots.size());
  }

  const Block& block() const { return graph_.blocks[0]; }
  const Site& site(int index) const { return block().sites[static_cast<std::size_t>(index)]; }
  Tensor& weight(int index) { return weights_.values[static_cast<std::size_t>(site(index).weight)]; }
  const Tensor& slot(SlotId id) const { return weights_.values[static_cast<std::size_t>(id)]; }
  const Link& link(int index) const { return block().links[static_cast<std::size_t>(index)]; }

  ModelGraph graph_;
  int biased_, plain_, rms_, layer_, scale_;
  SlotId table_;
  BlockWeights weights_;
  Tensor x_ = at::randn({5, 6});
};

TEST_F(OpsTest, LinearIsAProductAndABias) {
  Ops ops(block(), weights_, at::kFloat);
  EXPECT_TRUE(ops.linear(plain_, x_).allclose(at::mm(x_, weight(plain_).t())));
  EXPECT_TRUE(ops.linear(biased_, x_).allclose(at::mm(x_, weight(biased_).t()) + slot(*site(biased_).bias)));
}

TEST_F(OpsTest, WeightsComeInTheTypeThatComputes) {
  for (Tensor& value : weights_.values) value = value.to(at::kBFloat16);
  Ops wide(block(), weights_, at::kFloat), half(block(), weights_, at::kBFloat16);
  EXPECT_EQ(wide.linear(biased_, x_).scalar_type(), at::kFloat);
  EXPECT_TRUE(wide.linear(plain_, x_).allclose(at::mm(x_, weight(plain_).to(at::kFloat).t())));
  EXPECT_EQ(half.linear(biased_, x_.to(at::kBFloat16)).scalar_type(), at::kBFloat16);
  EXPECT_EQ(half.compute(), at::kBFloat16);
}

TEST_F(OpsTest, QuantizedMatricesAreReadThroughTheirCodes) {
  const Tensor w = weight(plain_);
  weights_.quantized[static_cast<std::size_t>(site(plain_).weight)] =
      quantize_nearest(w, {.bits = 3, .group = 2}, {});
  weight(plain_) = Tensor();
  const Tensor restored = dequantize(quantize_nearest(w, {.bits = 3, .group = 2}, {}));
  EXPECT_TRUE(Ops(block(), weights_, at::kFloat).linear(plain_, x_).allclose(at::mm(x_, restored.t())));
}

TEST_F(OpsTest, AHugeMatrixIsWidenedInPiecesAndGivesTheSame) {
  // 100 rows of 2^20 columns are 400 MiB in float32, above the limit; stored, they are one column seen again
  // and again. Row i holds i, so an x with a single one gives i, plus a bias.
  const std::int64_t rows = 100, columns = 1 << 20;
  const SpaceId in = add_space(graph_, {"wide", columns, {}, 0}),
                out = add_space(graph_, {"tall", rows, {}, 0});
  BlockBuilder b(graph_, "huge", Stage::head);
  b.linear({.name = "huge", .module = {"h", {}}, .bias = true, .output = {out}, .input = {in}});
  b.finish();
  const Tensor column = at::arange(rows).to(at::kBFloat16).unsqueeze(1);
  BlockWeights weights{{column.expand({rows, columns}), at::full({rows}, 0.5F)}, {{}, {}}, {}, {}};
  std::vector<Tensor> traced;
  OpsTaps taps;
  taps.trace = [&](const std::string& name, const Tensor& t) {
    if (name == "huge") traced.push_back(t);
  };
  Tensor x = at::zeros({1, columns});
  x[0][columns - 5] = 1;
  const Tensor y = Ops(graph_.blocks[1], weights, at::kFloat, taps).linear(0, x);
  EXPECT_TRUE(y[0].equal(at::arange(rows).to(at::kFloat) + 0.5)) << y;
  ASSERT_EQ(traced.size(), 1U);
  EXPECT_TRUE(traced[0].equal(y));
}

TEST_F(OpsTest, LinksAreTheirNorms) {
  Ops ops(block(), weights_, at::kFloat);
  const Tensor &gain = slot(link(layer_).gain), &shift = slot(*link(layer_).shift);
  EXPECT_TRUE(ops.link(rms_, x_).equal(rms_norm(x_, slot(link(rms_).gain), 0.1)));
  EXPECT_TRUE(ops.link(layer_, x_).equal(layer_norm(x_, gain, shift, 0.1)));
  EXPECT_TRUE(ops.link(scale_, x_).equal(x_ * slot(link(scale_).gain)));
}

TEST_F(OpsTest, RowsComeFromMemoryOrFromTheLookup) {
  const Tensor ids = at::tensor({3, 3, 0}, at::kLong), table = slot(table_);
  Ops ops(block(), weights_, at::kBFloat16);
  EXPECT_TRUE(ops.rows(table_, ids).equal(table.index_select(0, ids).to(at::kBFloat16)));
  EXPECT_TRUE(ops.value(table_).equal(table.to(at::kBFloat16)));
  weights_.values[static_cast<std::size_t>(table_)] = Tensor();
  weights_.lookup = [&](SlotId slot, const Tensor& wanted) {
    EXPECT_EQ(slot, table_);
    return table.index_select(0, wanted) * 2;
  };
  EXPECT_TRUE(ops.rows(table_, ids).equal((table.index_select(0, ids) * 2).to(at::kBFloat16)));
}

TEST_F(OpsTest, TheInputTapSeesWhatEntersBeforeItIsQuantized) {
  std::vector<std::string> names;
  OpsTaps taps;
  taps.input = [&](const Site& site, const Tensor& x) {
    names.push_back(site.name);
    EXPECT_TRUE(x.equal(x_));
  };
  taps.quantize = [&](const Site& site, const Tensor& x) { return site.name == "b.plain" ? x.round() : x; };
  Ops ops(block(), weights_, at::kFloat, taps);
  EXPECT_TRUE(ops.linear(plain_, x_).allclose(at::mm(x_.round(), weight(plain_).t())));
  EXPECT_TRUE(ops.linear(biased_, x_).allclose(at::linear(x_, weight(biased_), slot(*site(biased_).bias))));
  EXPECT_THAT(names, testing::ElementsAre("b.plain", "b.biased"));
}

TEST_F(OpsTest, AnUnreadSiteIsObservedButNotMultiplied) {
  int seen = 0;
  OpsTaps taps;
  taps.input = [&](const Site&, const Tensor&) { ++seen; };
  taps.unread = &site(plain_);
  weight(plain_) = Tensor();  // never touched
  EXPECT_TRUE(Ops(block(), weights_, at::kFloat, taps).linear(plain_, x_).equal(at::zeros({5, 4})));
  EXPECT_EQ(seen, 1);
}

TEST_F(OpsTest, ABlockRunsItsSegmentsInOrderAndTracesByName) {
  std::vector<std::string> names;
  OpsTaps taps;
  taps.trace = [&](const std::string& name, const Tensor&) { names.push_back(name); };
  Ops ops(block(), weights_, at::kFloat, taps);
  const auto batch = std::make_shared<Batch>();
  const Flow out = run_block(block(), ops, {x_, batch, {{"deep", x_}}});
  const Tensor normal = rms_norm(x_, slot(link(rms_).gain), 0.1);
  EXPECT_TRUE(out.hidden.allclose(at::linear(normal, weight(biased_), slot(*site(biased_).bias))));
  EXPECT_EQ(out.batch, batch);
  EXPECT_TRUE(out.side.at("deep").equal(x_));
  EXPECT_THAT(names, testing::ElementsAre("b.rms", "b.biased.input", "b.biased", "end"));
}

}  // namespace
}  // namespace halftone
