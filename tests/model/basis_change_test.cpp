// A change of basis must leave the function alone: tiny blocks in double, before and after.
#include "halftone/model/basis_change.h"

#include <cmath>

#include "tests/expect_error.h"
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "halftone/model/block_builder.h"
#include "halftone/model/ops.h"

namespace halftone {
namespace {

Tensor random(std::vector<std::int64_t> shape, std::uint64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(seed), at::kDouble);
}
Tensor orthogonal(std::int64_t n, std::uint64_t seed) {
  return std::get<0>(at::linalg_qr(random({n, n}, seed)));
}
Tensor scales(std::int64_t n) { return random({n}, 77).abs() + 0.3; }

// One block over a graph; its forward is given, its weights are random doubles.
class Toy {
 public:
  SpaceId space(const std::string& name, std::int64_t dim, std::int64_t head_dim = 0) {
    return add_space(graph, {name, dim, {}, head_dim});
  }
  int linear(const std::string& name, Axis out, Axis in, bool bias = true) {
    return builder.linear({.name = name, .module = {name, {}}, .bias = bias, .output = out, .input = in});
  }
  int link(const std::string& name, NormKind kind, SpaceId from, SpaceId to, bool shift = false) {
    return builder.link(
        {name, kind, name, shift ? std::optional<std::string>(name + "b") : std::nullopt, from, to});
  }
  void finish(std::function<Tensor(Ops&, const Tensor&)> forward) {
    builder.segment("all", [forward](Ops& ops, const Flow& flow) -> Flow {
      return {forward(ops, flow.hidden), flow.batch, flow.side};
    });
    builder.finish();
    for (std::size_t i = 0; i < block().slots.size(); ++i)
      weights.values.push_back(random(block().slots[i].shape, i));
    weights.quantized.resize(block().slots.size());
  }
  const Block& block() const { return graph.blocks[0]; }
  Tensor run(const Tensor& x) {
    Ops ops(block(), weights, at::kDouble);
    return run_block(block(), ops, {x, nullptr, {}}).hidden;
  }
  void change(const BasisChange& c) { apply(c, graph, block(), weights); }
  Tensor& value(const std::string& slot) {
    for (std::size_t i = 0; i < block().slots.size(); ++i)
      if (block().slots[i].name == "toy." + slot) return weights.values[i];
    throw std::logic_error(slot);
  }

  ModelGraph graph;
  BlockBuilder builder{graph, "toy", Stage::language};
  BlockWeights weights;
};

void expect_close(const Tensor& a, const Tensor& b) {
  EXPECT_LT(((a - b).abs().max() / a.abs().max()).item<double>(), 1e-6);  // norms compute in float32
}

// up writes into the middle space, down reads it; down may see each head, or the whole, more than once.
class TwoLinears : public testing::TestWithParam<std::tuple<std::int64_t, CopyOrder>> {
 protected:
  TwoLinears() {
    const auto [copies, order] = GetParam();
    in_ = toy_.space("in", 5);
    mid_ = toy_.space("mid", 6, 3);
    out_ = toy_.space("out", 4);
    const Axis read{mid_, copies, order};
    const int up = toy_.linear("up", {mid_}, {in_}), down = toy_.linear("down", {out_}, read);
    toy_.finish([up, down, c = copies, o = order](Ops& ops, const Tensor& x) {
      const Tensor mid = ops.linear(up, x);
      return ops.linear(down, o == CopyOrder::tile ? mid.repeat({1, c})
                                                   : mid.view({-1, 2, 3}).repeat_interleave(c, 1).flatten(1));
    });
  }

  void expect_unchanged(const BasisChange& change) {
    const Tensor x = random({7, 5}, 50), before = toy_.run(x), up = toy_.value("up").clone();
    toy_.change(change);
    expect_close(before, toy_.run(x));
    EXPECT_GT((toy_.value("up") - up).abs().max().item<double>(), 0.1);
    EXPECT_EQ(toy_.value("up").scalar_type(), at::kDouble);
  }

  Toy toy_;
  SpaceId in_, mid_, out_;
};

TEST_P(TwoLinears, KeepTheirFunctionUnderADiagonal) { expect_unchanged({mid_, scales(6), {}}); }

TEST_P(TwoLinears, KeepTheirFunctionUnderARotationOfHeads) {
  expect_unchanged({mid_, {}, at::stack({orthogonal(3, 1), orthogonal(3, 2)})});
}

TEST_P(TwoLinears, KeepTheirFunctionUnderAWholeRotation) {
  // Copied heads turn one by one, so the whole that they admit is a rotation of one kind for all.
  const bool heads = std::get<1>(GetParam()) == CopyOrder::per_head;
  expect_unchanged({mid_, {}, heads ? orthogonal(3, 3).expand({2, 3, 3}) : orthogonal(6, 3).unsqueeze(0)});
}

INSTANTIATE_TEST_SUITE_P(Copies, TwoLinears,
                         testing::Combine(testing::Values(1, 2, 3),
                                          testing::Values(CopyOrder::tile, CopyOrder::per_head)));

TEST(Spread, ByHand) {
  const Tensor v = at::tensor({1, 2, 3, 4});
  const Space space{"s", 4, {}, 2};
  EXPECT_TRUE(spread(v, {0}, space).equal(v));
  EXPECT_TRUE(spread(v, {0, 2}, space).equal(at::tensor({1, 2, 3, 4, 1, 2, 3, 4})));
  EXPECT_TRUE(spread(v, {0, 2, CopyOrder::per_head}, space).equal(at::tensor({1, 2, 1, 2, 3, 4, 3, 4})));
}

TEST(Apply, ByHandOnBothSidesOfASpace) {
  Toy toy;
  const SpaceId s = toy.space("s", 2);
  toy.linear("w", {s}, {s});
  const SlotId table = toy.builder.table("t", "t", 1, s);
  toy.finish([](Ops&, const Tensor& x) { return x; });
  toy.value("w") = at::tensor({1.0, 2.0, 3.0, 4.0}).reshape({2, 2});
  toy.value("w.bias") = at::tensor({6.0, 8.0});
  toy.weights.values[static_cast<std::size_t>(table)] = at::tensor({10.0, 12.0}).unsqueeze(0);
  toy.change({s, at::tensor({2.0, 4.0}), {}});
  EXPECT_TRUE(
      toy.value("w").equal(at::tensor({1.0, 4.0, 1.5, 4.0}).to(toy.value("w").scalar_type()).reshape({2, 2})));
  EXPECT_TRUE(toy.value("w.bias").eq(at::tensor({3.0, 2.0})).all().item<bool>());
  EXPECT_TRUE(toy.value("t").eq(at::tensor({5.0, 3.0})).all().item<bool>());
}

TEST(Apply, NarrowWeightsWidenToFloat) {
  Toy toy;
  const SpaceId s = toy.space("s", 4), t = toy.space("t", 4);
  toy.linear("w", {t}, {s});
  toy.finish([](Ops&, const Tensor& x) { return x; });
  toy.value("w") = toy.value("w").to(at::kBFloat16);
  toy.change({s, scales(4), {}});
  EXPECT_EQ(toy.value("w").scalar_type(), at::kFloat);
}

// x -> norm -> reader (+ layer scale) -> added to the stream -> second norm -> last.
class Stream : public testing::TestWithParam<NormKind> {
 protected:
  Stream() {
    const bool shift = GetParam() == NormKind::layer;
    hidden_ = toy_.space("hidden", 6);
    in_ = toy_.space("in", 6);
    branch_ = toy_.space("branch", 6);
    last_ = toy_.space("last", 6);
    const int first = toy_.linear("first", {hidden_}, {toy_.space("x", 5)});
    const int norm = toy_.link("norm", GetParam(), hidden_, in_, shift);
    const int mix = toy_.linear("mix", {branch_}, {in_});
    const int scale = toy_.link("scale", NormKind::none, branch_, hidden_);
    const int final_norm = toy_.link("final", GetParam(), hidden_, last_, shift);
    const int out = toy_.linear("out", {toy_.space("y", 4)}, {last_});
    toy_.finish([=](Ops& ops, const Tensor& x) {
      const Tensor hidden = ops.linear(first, x);
      const Tensor added = hidden + ops.link(scale, ops.linear(mix, ops.link(norm, hidden)));
      return ops.linear(out, ops.link(final_norm, added));
    });
    before_ = toy_.run(x_);
  }
  void rotate(const Tensor& q) {
    for (const BasisChange& change : stream_rotation(toy_.graph, hidden_, q)) toy_.change(change);
  }
  // Orthogonal and fixing the vector of ones, as layer norms ask.
  Tensor rotation() const {
    if (GetParam() == NormKind::rms) return orthogonal(6, 8);
    Tensor basis = random({6, 6}, 9), inner = at::eye(6, at::kDouble);
    basis.select(1, 0).fill_(1);
    basis = std::get<0>(at::linalg_qr(basis));
    inner.narrow(0, 1, 5).narrow(1, 1, 5).copy_(orthogonal(5, 10));
    return at::mm(at::mm(basis, inner), basis.t());
  }

  Toy toy_;
  SpaceId hidden_, in_, branch_, last_;
  Tensor x_ = random({7, 5}, 50), before_;
};

TEST_P(Stream, DiagonalsBehindANormAreAbsorbedByItsGainAndShift) {
  toy_.change({in_, scales(6), {}});
  expect_close(before_, toy_.run(x_));
  toy_.change({branch_, scales(6), {}});
  expect_close(before_, toy_.run(x_));
}

TEST_P(Stream, FoldingMovesGainsAndShiftsIntoTheMatrices) {
  fold_links(toy_.graph, toy_.block(), toy_.weights, hidden_);
  expect_close(before_, toy_.run(x_));
  for (const char* gain : {"norm", "scale", "final"}) EXPECT_TRUE(toy_.value(gain).eq(1).all().item<bool>());
  if (GetParam() == NormKind::layer) {
    EXPECT_TRUE(toy_.value("norm.shift").eq(0).all().item<bool>());
  }
}

TEST_P(Stream, RotatesOnceItsLinksAreFolded) {
  fold_links(toy_.graph, toy_.block(), toy_.weights, hidden_);
  const Tensor first = toy_.value("first").clone();
  rotate(rotation());
  expect_close(before_, toy_.run(x_));
  EXPECT_GT((toy_.value("first") - first).abs().max().item<double>(), 0.1);
}

TEST_P(Stream, RefusesToRotateOverGains) {
  expect_error(ErrorKind::internal, {"toy.", "folded"}, [&] { rotate(rotation()); });
}

TEST_P(Stream, RefusesADiagonalThroughItsNorm) {
  expect_error(ErrorKind::internal, {"toy.norm", "diagonal"}, [&] { toy_.change({hidden_, scales(6), {}}); });
}

INSTANTIATE_TEST_SUITE_P(Norms, Stream, testing::Values(NormKind::rms, NormKind::layer));

TEST(CentreProducers, MakesLayerNormsRmsNorms) {
  Toy toy;
  const SpaceId hidden = toy.space("hidden", 6), in = toy.space("in", 6), branch = toy.space("branch", 6);
  const int first = toy.linear("first", {hidden}, {toy.space("x", 5)});
  const int mix = toy.linear("mix", {branch}, {hidden});
  const int scale = toy.link("scale", NormKind::none, branch, hidden);
  const int norm = toy.link("norm", NormKind::layer, hidden, in);
  const SlotId table = toy.builder.table("positions", "p", 7, hidden);
  std::vector<Tensor> stream;
  toy.finish([&, first, mix, scale, norm, table](Ops& ops, const Tensor& x) {
    // The branch reads the stream behind a mean, as a norm would.
    const Tensor hidden_rows = ops.linear(first, x) + ops.value(table);
    const Tensor centred = hidden_rows - hidden_rows.mean(-1, true);
    stream.push_back(hidden_rows + ops.link(scale, ops.linear(mix, centred)));
    return ops.link(norm, stream.back());
  });
  const Tensor x = random({7, 5}, 50), before = toy.run(x);
  fold_links(toy.graph, toy.block(), toy.weights, hidden);
  toy.value("norm") = at::ones({6}, at::kDouble);
  const Tensor folded = toy.run(x);
  centre_producers(toy.block(), toy.weights, hidden);
  expect_close(folded, toy.run(x));
  EXPECT_GT(stream.front().mean(-1).abs().max().item<double>(), 0.05);
  EXPECT_LT(stream.back().mean(-1).abs().max().item<double>(), 1e-12);
  const Tensor rms = stream.back() / (stream.back().square().mean(-1, true) + 1e-6).sqrt();
  expect_close(rms, toy.run(x));
}

TEST(Refusals, ChangesThatASlotCannotCarry) {
  Toy toy;
  const SpaceId hidden = toy.space("hidden", 4), in = toy.space("in", 4);
  toy.link("norm", NormKind::layer, hidden, in, true);
  toy.linear("bare", {toy.space("y", 4)}, {in}, /*bias=*/false);
  toy.builder.table("tokens", "t", 3, hidden, true);
  toy.finish([](Ops&, const Tensor& x) { return x; });
  expect_error(ErrorKind::internal, {"toy.bare", "no bias", "toy.norm"},
               [&] { fold_links(toy.graph, toy.block(), toy.weights, hidden); });
  toy.value("tokens") = Tensor();
  toy.value("norm") = at::ones({4}, at::kDouble);
  toy.value("norm.shift") *= 0;
  expect_error(ErrorKind::internal, {"toy.tokens", "in memory"}, [&] {
    toy.change({hidden, {}, orthogonal(4, 1).unsqueeze(0)});
  });
  expect_error(ErrorKind::internal, {}, [&] { toy.change({hidden, {}, {}}); });
}

}  // namespace
}  // namespace halftone
