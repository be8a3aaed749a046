#include "halftone/calib/activation_store.h"

#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

TEST(ActivationStore, HoldsOneTensorABatchAndCountsItsBytes) {
  ActivationStore store(3);
  EXPECT_EQ(store.batches(), 3u);
  EXPECT_EQ(store.bytes(), 0);
  EXPECT_FALSE(store.get(2).defined());
  store.put(0, at::zeros({5, 8}, at::kFloat));
  store.put(2, at::zeros({3, 8}, at::kBFloat16));
  EXPECT_EQ(store.bytes(), 5 * 8 * 4 + 3 * 8 * 2);
  store.put(0, at::zeros({1, 8}, at::kFloat));  // the new generation replaces the old
  EXPECT_EQ(store.bytes(), 1 * 8 * 4 + 3 * 8 * 2);
  store.put(2, {});
  EXPECT_EQ(store.bytes(), 1 * 8 * 4);
}

TEST(ActivationStore, DoesNotCopy) {
  ActivationStore store(1);
  const Tensor hidden = at::zeros({2, 2});
  store.put(0, hidden);
  EXPECT_EQ(store.get(0).const_data_ptr(), hidden.const_data_ptr());
}

}  // namespace
}  // namespace halftone
