#include "halftone/model/weights.h"

#include "tests/expect_error.h"
#include <ATen/ops/arange.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include "halftone/model/block_builder.h"

namespace halftone {
namespace {

Tensor rows_named(const Tensor& tensor, std::vector<std::int64_t> indices) {
  return tensor.index_select(0, at::tensor(indices, at::kLong));
}

TEST(SelectRows, ByHand) {
  const Tensor t = at::arange(24).reshape({12, 2});
  EXPECT_TRUE(select_rows(t, {}).equal(t));
  // q, k and v one after the other.
  EXPECT_TRUE(select_rows(t, {12, 6, 3}).equal(rows_named(t, {6, 7, 8})));
  // Two kv groups of two q rows, two k, two v.
  EXPECT_TRUE(select_rows(t, {6, 0, 2}).equal(rows_named(t, {0, 1, 6, 7})));
  EXPECT_TRUE(select_rows(t, {6, 4, 2}).equal(rows_named(t, {4, 5, 10, 11})));
  EXPECT_TRUE(select_rows(t.select(1, 1), {6, 4, 2}).equal(rows_named(t, {4, 5, 10, 11}).select(1, 1)));
}

TEST(SelectRows, PlainAndSinglePeriodsAreViews) {
  const Tensor t = at::arange(24).reshape({12, 2});
  EXPECT_EQ(select_rows(t, {}).const_data_ptr(), t.const_data_ptr());
  EXPECT_EQ(select_rows(t, {12, 6, 3}).const_data_ptr(), t[6].const_data_ptr());
}

TEST(PlaceRows, PutsAFusedTensorBackBitForBit) {
  for (const auto type : {at::kFloat, at::kBFloat16, at::kChar}) {
    for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{24, 5}, {24}, {24, 3, 2}}) {
      const Tensor whole = (at::randn(shape, at::kFloat) * 50).to(type);
      for (const std::int64_t period : {24, 12, 6}) {
        Tensor copy = at::zeros_like(whole);
        const std::int64_t cuts[] = {0, period / 2, period / 2 + 1, period};
        for (int i = 0; i < 3; ++i) {
          const RowPattern pattern{period, cuts[i], cuts[i + 1] - cuts[i]};
          place_rows(copy, pattern, select_rows(whole, pattern).clone());
        }
        EXPECT_TRUE(copy.equal(whole));
      }
      Tensor copy = at::zeros_like(whole);
      place_rows(copy, {}, whole);
      EXPECT_TRUE(copy.equal(whole));
    }
  }
}

TEST(PlaceRows, TakesRowsOfAnyStrideAndReshapedOnes) {
  const Tensor whole = at::randn({4, 3, 2, 2});
  Tensor copy = at::zeros_like(whole), fused = at::zeros_like(whole);
  place_rows(copy, {}, whole.reshape({4, 12}));  // a patch convolution as the forward sees it
  EXPECT_TRUE(copy.equal(whole));
  place_rows(fused, {2, 0, 1},
             rows_named(whole, {0, 2}).permute({3, 2, 1, 0}).contiguous().permute({3, 2, 1, 0}));
  EXPECT_TRUE(select_rows(fused, {2, 0, 1}).equal(rows_named(whole, {0, 2})));
}

// Counts what is read.
class CountingSource final : public TensorSource {
 public:
  explicit CountingSource(std::map<std::string, Tensor> tensors) : inner_(std::move(tensors)) {}
  const std::vector<TensorInfo>& list() const override { return inner_.list(); }
  Tensor read(const TensorInfo& info, std::int64_t first, std::int64_t count) override {
    reads.push_back(info.name);
    return inner_.read(info, first, count);
  }
  std::vector<std::string> reads;

 private:
  MemorySource inner_;
};

class LoadBlock : public testing::Test {
 protected:
  LoadBlock() {
    const SpaceId hidden = add_space(graph_, {"hidden", 4, {}, 0}), q = add_space(graph_, {"q", 4, {}, 0}),
                  v = add_space(graph_, {"v", 2, {}, 0});
    BlockBuilder b(graph_, "b", Stage::language);
    b.linear({.name = "q", .module = {"qkv", {3, 0, 2}}, .bias = true, .output = {q}, .input = {hidden}});
    b.linear({.name = "v", .module = {"qkv", {3, 2, 1}}, .bias = true, .output = {v}, .input = {hidden}});
    b.linear(
        {.name = "conv", .module = {"conv", {}}, .output = {v}, .input = {hidden}, .file_shape = {2, 1, 2, 2}});
    b.table("tokens", "wte", 10, hidden, /*lookup=*/true);
    b.finish();
  }
  const Block& block() const { return graph_.blocks[0]; }

  ModelGraph graph_;
  Tensor qkv_ = at::randn({6, 4}).to(at::kBFloat16), bias_ = at::randn({6}), conv_ = at::randn({2, 1, 2, 2}),
         wte_ = at::randn({10, 4});
  CountingSource source_{{{"qkv.weight", qkv_}, {"qkv.bias", bias_}, {"conv.weight", conv_}, {"wte", wte_}}};
};

TEST_F(LoadBlock, ReadsFusedTensorsOnceInTheirOwnTypes) {
  const BlockWeights weights = load_block(block(), source_, at::kCPU);
  EXPECT_THAT(source_.reads, testing::ElementsAre("qkv.weight", "qkv.bias", "conv.weight"));
  EXPECT_TRUE(weights.values[0].equal(rows_named(qkv_, {0, 1, 3, 4})));
  EXPECT_TRUE(weights.values[1].equal(rows_named(bias_, {0, 1, 3, 4})));
  EXPECT_TRUE(weights.values[2].equal(rows_named(qkv_, {2, 5})));
  EXPECT_TRUE(weights.values[3].equal(rows_named(bias_, {2, 5})));
  EXPECT_TRUE(weights.values[4].equal(conv_.reshape({2, 4})));
  EXPECT_FALSE(weights.values[5].defined());
  EXPECT_TRUE(weights.tensors.at("qkv.weight").equal(qkv_));
  EXPECT_EQ(weights.bytes(), 6 * 4 * 2 + 6 * 4 + 8 * 4);
}

TEST_F(LoadBlock, LeavesOutWhatIsNotAskedFor) {
  const BlockWeights weights =
      load_block(block(), source_, at::kCPU, [](const Slot& slot) { return slot.role == Role::bias; });
  EXPECT_THAT(source_.reads, testing::ElementsAre("qkv.bias"));
  EXPECT_FALSE(weights.values[0].defined());
  EXPECT_TRUE(weights.values[3].defined());
}

TEST_F(LoadBlock, LookupsReadEachNamedRowOnce) {
  const BlockWeights weights = load_block(block(), source_, at::kCPU);
  source_.reads.clear();
  const Tensor picked = weights.lookup(5, at::tensor({7, 0, 7, 9}, at::kLong));
  EXPECT_TRUE(picked.equal(rows_named(wte_, {7, 0, 7, 9})));
  EXPECT_EQ(source_.reads.size(), 3U);
  for (const std::int64_t bad : {-1, 10}) {
    expect_error(ErrorKind::input, {std::to_string(bad), "10 rows", "\"wte\""}, [&] {
      weights.lookup(5, at::tensor({std::int64_t{1}, bad}, at::kLong));
    });
  }
}

TEST_F(LoadBlock, MissingTensorsAreTheCheckpointsFault) {
  CountingSource empty({});
  expect_error(ErrorKind::input, {"qkv.weight"}, [&] { load_block(block(), empty, at::kCPU); });
}

TEST_F(LoadBlock, MatricesComeInTheTypeAskedForQuantizedOrNot) {
  BlockWeights weights = load_block(block(), source_, at::kCPU);
  EXPECT_TRUE(weights.matrix(0, at::kFloat).equal(weights.values[0].to(at::kFloat)));
  weights.quantized[0] = quantize_nearest(weights.values[0], {.bits = 3, .group = 2}, {});
  weights.values[0] = Tensor();
  EXPECT_TRUE(weights.matrix(0, at::kBFloat16).equal(dequantize(*weights.quantized[0], at::kBFloat16)));
}

}  // namespace
}  // namespace halftone
