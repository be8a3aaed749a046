#include "halftone/nn/cached_attention.h"

#include "tests/nn/naive.h"
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

using naive::random;

// Keys of one row in a buffer that is longer than they are; what lies behind them is poison.
KeptKeys kept(const Tensor& k, const Tensor& v, std::int64_t spare, at::ScalarType type) {
  const auto buffer = [&](const Tensor& rows) {
    Tensor b = at::full({rows.size(1), rows.size(0) + spare, rows.size(2)}, std::nan(""), at::kDouble);
    b.narrow(1, 0, rows.size(0)).copy_(rows.transpose(0, 1));
    return b.to(type).contiguous();
  };
  return {buffer(k), buffer(v), k.size(0)};
}

struct Shape {
  std::int64_t heads, kv_heads, dim;
};

class CachedAttention : public testing::TestWithParam<Shape> {};

TEST_P(CachedAttention, EqualsANaiveLoopOverEachRowsOwnKeys) {
  const auto [heads, kv_heads, dim] = GetParam();
  for (const auto& [type, tolerance] :
       {std::pair(at::kDouble, 1e-13), {at::kFloat, 2e-6}, {at::kBFloat16, 2e-2}}) {
    std::vector<KeptKeys> all;
    std::vector<Tensor> expected;
    const Tensor q = random({4, heads, dim}, 9, at::kDouble);
    std::int64_t row = 0;
    for (const std::int64_t length : {1, 5, 33, 200}) {
      const Tensor k = random({length, kv_heads, dim}, 1 + static_cast<std::uint64_t>(row), at::kDouble) * 2;
      const Tensor v = random({length, kv_heads, dim}, 50 + static_cast<std::uint64_t>(row), at::kDouble);
      all.push_back(kept(k, v, length % 7, type));
      // The row as the last one of a causal span.
      const Tensor queries = at::cat({at::ones({length - 1, heads, dim}, at::kDouble), q.narrow(0, row, 1)});
      expected.push_back(
          naive::attention(queries, k, v, naive::spans_of({length}), true, 0.3).narrow(0, length - 1, 1));
      ++row;
    }
    const Tensor actual = cached_attention(q.to(type), all, 0.3);
    EXPECT_EQ(actual.scalar_type(), type);
    EXPECT_LT(naive::relative_difference(at::cat(expected), actual), tolerance) << type;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, CachedAttention,
                         testing::Values(Shape{1, 1, 2}, Shape{4, 4, 7}, Shape{8, 2, 32}, Shape{6, 1, 64},
                                         Shape{12, 2, 128}));

TEST(CachedAttentionRows, ScoresFarApartStayExact) {
  // exp(-200) is nothing beside 1: the row with the high score is returned alone.
  Tensor k = at::ones({2, 1, 4}, at::kDouble), v = at::ones({2, 1, 4}, at::kDouble);
  k[0] *= -50;
  v[1] *= 3;
  const std::vector<KeptKeys> one = {kept(k, v, 0, at::kFloat)};
  EXPECT_TRUE(cached_attention(at::ones({1, 1, 4}), one, 1.0).equal(at::full({1, 4}, 3.0F)));
  // Scores in the thousands do not overflow.
  EXPECT_TRUE(cached_attention(at::ones({1, 1, 4}) * 1e3, one, 1.0).equal(at::full({1, 4}, 3.0F)));
}

TEST(CachedAttentionRows, NothingIsNothing) {
  EXPECT_EQ(cached_attention(random({0, 4, 8}, 1), {}, 1).sizes(), (std::vector<std::int64_t>{0, 32}));
}

}  // namespace
}  // namespace halftone
