#include "halftone/nn/attention.h"

#include "tests/nn/naive.h"
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

using naive::random;
using naive::spans_of;

TEST(Spans, CountUp) {
  Spans spans;
  EXPECT_EQ(spans.count(), 0U);
  EXPECT_EQ(spans.rows(), 0);
  spans.add(3);
  spans.add(0);
  spans.add(2);
  EXPECT_EQ(spans.count(), 3U);
  EXPECT_EQ(spans.rows(), 5);
  EXPECT_EQ(spans.begin(2), 3);
  EXPECT_EQ(spans.size(1), 0);
}

struct AttentionCase {
  std::vector<std::int64_t> sizes;
  std::int64_t heads, kv_heads, dim;
};

class Attention : public testing::TestWithParam<std::tuple<AttentionCase, bool>> {};

TEST_P(Attention, EqualsANaiveLoop) {
  const auto& [c, causal] = GetParam();
  const Spans spans = spans_of(c.sizes);
  const Tensor q = random({spans.rows(), c.heads, c.dim}, 1, at::kDouble);
  const Tensor k = random({spans.rows(), c.kv_heads, c.dim}, 2, at::kDouble);
  const Tensor v = random({spans.rows(), c.kv_heads, c.dim}, 3, at::kDouble);
  const Tensor expected = naive::attention(q, k, v, spans, causal, 0.37);
  EXPECT_LT(naive::relative_difference(expected, attention(q, k, v, spans, causal, 0.37)), 1e-13);
  for (const auto& [type, tolerance] : {std::pair(at::kFloat, 3e-6), {at::kBFloat16, 3e-2}}) {
    const Tensor actual = attention(q.to(type), k.to(type), v.to(type), spans, causal, 0.37);
    EXPECT_EQ(actual.scalar_type(), type);
    EXPECT_EQ(actual.sizes(), expected.sizes());
    EXPECT_LT(naive::relative_difference(expected, actual), tolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, Attention,
                         testing::Combine(testing::Values(AttentionCase{{1}, 1, 1, 2},
                                                          AttentionCase{{7}, 4, 4, 8},
                                                          AttentionCase{{3, 3, 1, 5, 5, 5, 2}, 4, 2, 8},
                                                          AttentionCase{{0, 4, 0, 0, 4, 1}, 6, 1, 4},
                                                          AttentionCase{{40, 33}, 8, 2, 16}),
                                          testing::Bool()));

TEST(AttentionRows, EqualKeysMixValuesEvenly) {
  // Causal: row i is the mean of values 0 to i of its span.
  const Tensor q = random({4, 1, 2}, 1), k = at::ones({4, 1, 2});
  const Tensor v = at::cat({at::full({1, 1, 2}, 2.0F), at::full({1, 1, 2}, 4.0F), at::full({1, 1, 2}, 9.0F),
                            at::full({1, 1, 2}, 1.0F)});
  const Tensor causal = attention(q, k, v, spans_of({3, 1}), true, 1);
  EXPECT_TRUE(causal.select(1, 0).allclose(
      at::cat({at::full({1}, 2.0F), at::full({1}, 3.0F), at::full({1}, 5.0F), at::full({1}, 1.0F)})));
  const Tensor full = attention(q, k, v, spans_of({3, 1}), false, 1);
  EXPECT_TRUE(full.select(1, 0).narrow(0, 0, 3).allclose(at::full({3}, 5.0F)));
}

TEST(AttentionRows, NothingIsNothing) {
  const Tensor q = random({0, 4, 8}, 1), kv = random({0, 2, 8}, 1);
  for (const auto& sizes : {std::vector<std::int64_t>{}, {0, 0}}) {
    EXPECT_EQ(attention(q, kv, kv, spans_of(sizes), true, 1).sizes(), (std::vector<std::int64_t>{0, 32}));
  }
}

}  // namespace
}  // namespace halftone
