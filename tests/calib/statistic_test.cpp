#include "halftone/calib/statistic.h"

#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "halftone/model/flow.h"

namespace halftone {
namespace {

TEST(RowWeights, EachRowCountsAsItsModality) {
  const std::vector<std::uint8_t> modality = {kText, kVision, kVision, kText};
  const Tensor weights = row_weights(at::tensor(at::ArrayRef<std::uint8_t>(modality), at::kByte), {0.25, 3});
  EXPECT_EQ(weights.scalar_type(), at::kFloat);
  EXPECT_TRUE(weights.equal(at::tensor({0.25F, 3.0F, 3.0F, 0.25F})));
  EXPECT_EQ(row_weights(at::tensor(at::ArrayRef<std::uint8_t>(), at::kByte), {}).numel(), 0);
}

TEST(ModalityWeights, AreUniformOnlyWhenBothAreOne) {
  EXPECT_TRUE((ModalityWeights{}.uniform()));
  EXPECT_FALSE((ModalityWeights{2, 2}.uniform()));
  EXPECT_FALSE((ModalityWeights{1, 0}.uniform()));
}

}  // namespace
}  // namespace halftone
