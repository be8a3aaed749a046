#include "halftone/quant/scheme.h"

#include <gtest/gtest.h>

namespace halftone {
namespace {

TEST(WeightScheme, CodesAreTwosComplement) {
  for (int bits = 2; bits <= 8; ++bits) {
    const WeightScheme scheme{.bits = bits};
    EXPECT_EQ(scheme.code_max() - scheme.code_min(), (1 << bits) - 1);
    EXPECT_EQ(scheme.code_max() + scheme.code_min(), -1);
  }
  EXPECT_EQ(WeightScheme{.bits = 3}.code_min(), -4);
  EXPECT_EQ(WeightScheme{.bits = 8}.code_max(), 127);
}

TEST(WeightScheme, OnlyGroupsShareLessThanARow) {
  EXPECT_EQ((WeightScheme{.group = 32}.columns_per_scale(96)), 32);
  EXPECT_EQ((WeightScheme{.granularity = Granularity::channel, .group = 32}.columns_per_scale(96)), 96);
  EXPECT_EQ((WeightScheme{.granularity = Granularity::tensor, .group = 32}.columns_per_scale(96)), 96);
}

TEST(SchemeText, SaysWhatDiffers) {
  EXPECT_EQ(scheme_text({{.bits = 4, .symmetric = false, .group = 128}, {}}), "w4 g128 asym");
  EXPECT_EQ(scheme_text({{.bits = 3, .group = 64}, {}}), "w3 g64");
  EXPECT_EQ(scheme_text({{.bits = 8, .granularity = Granularity::channel}, InputScheme{}}),
            "w8 channel + a8 token");
  EXPECT_EQ(scheme_text({{.bits = 8, .kind = NumberKind::floating, .granularity = Granularity::channel},
                         InputScheme{8, NumberKind::floating}}),
            "fp8 channel + fp8 token");
  EXPECT_EQ(scheme_text({{.bits = 8, .granularity = Granularity::tensor}, {}}), "w8 tensor");
}

}  // namespace
}  // namespace halftone
