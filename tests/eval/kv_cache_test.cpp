#include "halftone/eval/kv_cache.h"

#include "tests/nn/naive.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

using naive::random;
using naive::spans_of;

// One sequence's queries, keys and values, all positions.
struct Rows {
  Tensor q, k, v;
  Rows(std::int64_t length, std::uint64_t seed)
      : q(random({length, 4, 8}, seed)),
        k(random({length, 2, 8}, seed + 1)),
        v(random({length, 2, 8}, seed + 2)) {}
  Tensor whole() const { return attention(q, k, v, spans_of({q.size(0)}), true, 0.5); }
};

// Feeds positions [first, first + count) of every sequence.
Tensor feed(KvCache& cache, const std::vector<Rows>& all, const std::vector<int>& sequences,
            const std::vector<std::int64_t>& first, const std::vector<std::int64_t>& count,
            const std::string& block = "b") {
  std::vector<Tensor> q, k, v;
  for (std::size_t i = 0; i < all.size(); ++i) {
    q.push_back(all[i].q.narrow(0, first[i], count[i]));
    k.push_back(all[i].k.narrow(0, first[i], count[i]));
    v.push_back(all[i].v.narrow(0, first[i], count[i]));
  }
  return cache.attend(block, at::cat(q), at::cat(k), at::cat(v), spans_of(count), 0.5, sequences);
}

TEST(KvCacheTest, PositionAfterPositionEqualsTheWhole) {
  const std::vector<Rows> all = {Rows(5, 10), Rows(90, 20), Rows(3, 30)};
  for (const std::int64_t expected : {1, 4, 200}) {
    KvCache cache;
    std::vector<int> sequences;
    for (std::size_t i = 0; i < all.size(); ++i) sequences.push_back(cache.open(expected));
    const Tensor prompt = feed(cache, all, sequences, {0, 0, 0}, {3, 50, 1});
    EXPECT_LT(naive::relative_difference(all[1].whole().narrow(0, 0, 50), prompt.narrow(0, 3, 50)), 1e-5);
    const Tensor one = feed(cache, all, sequences, {3, 50, 1}, {1, 1, 1});
    EXPECT_LT(naive::relative_difference(all[0].whole()[3], one[0]), 1e-5);
    EXPECT_LT(naive::relative_difference(all[2].whole()[1], one[2]), 1e-5);
    // Several positions behind a past, each seeing those before it.
    const Tensor many = feed(cache, all, sequences, {4, 51, 2}, {1, 39, 1});
    EXPECT_LT(naive::relative_difference(all[1].whole().narrow(0, 51, 39), many.narrow(0, 1, 39)), 1e-5);
    EXPECT_EQ(cache.length("b", sequences[1]), 90);
    EXPECT_EQ(cache.length("other", sequences[1]), 0);
  }
}

TEST(KvCacheTest, BlocksAndSequencesAreKeptApart) {
  const std::vector<Rows> one = {Rows(4, 1)}, two = {Rows(4, 7)};
  KvCache cache;
  const int a = cache.open(4), b = cache.open(4);
  feed(cache, one, {a}, {0}, {3}, "x");
  feed(cache, two, {b}, {0}, {3}, "x");
  feed(cache, two, {a}, {0}, {3}, "y");
  EXPECT_LT(naive::relative_difference(one[0].whole()[3], feed(cache, one, {a}, {3}, {1}, "x")[0]), 1e-5);
  EXPECT_LT(naive::relative_difference(two[0].whole()[3], feed(cache, two, {b}, {3}, {1}, "x")[0]), 1e-5);
  EXPECT_LT(naive::relative_difference(two[0].whole()[3], feed(cache, two, {a}, {3}, {1}, "y")[0]), 1e-5);
}

TEST(KvCacheTest, AClosedSequenceGivesItsMemoryAndItsNumberBack) {
  const std::vector<Rows> one = {Rows(6, 1)};
  KvCache cache;
  const int a = cache.open(6), b = cache.open(1);
  feed(cache, one, {a}, {0}, {6});
  EXPECT_EQ(cache.bytes(), 2 * 6 * 2 * 8 * 4);  // keys and values, positions, heads, channels, float32
  cache.close(a);
  EXPECT_EQ(cache.bytes(), 0);
  EXPECT_EQ(cache.open(1), a);
  EXPECT_EQ(cache.length("b", a), 0);
  EXPECT_LT(naive::relative_difference(one[0].whole(), feed(cache, one, {b}, {0}, {6})), 1e-6);
}

}  // namespace
}  // namespace halftone
