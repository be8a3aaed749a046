#include "halftone/model/block.h"

#include <gtest/gtest.h>

namespace halftone {
namespace {

TEST(StageName, EveryStageHasItsWord) {
  EXPECT_STREQ(stage_name(Stage::vision), "vision");
  EXPECT_STREQ(stage_name(Stage::bridge), "bridge");
  EXPECT_STREQ(stage_name(Stage::language), "language");
  EXPECT_STREQ(stage_name(Stage::head), "head");
}

TEST(FindSite, ByItsWholeNameOrNothing) {
  Block block;
  block.sites.resize(2);
  block.sites[0].name = "language.1.q";
  block.sites[1].name = "language.1.k";
  EXPECT_EQ(block.find_site("language.1.k"), &block.sites[1]);
  EXPECT_EQ(block.find_site("language.1"), nullptr);
  EXPECT_EQ(Block{}.find_site(""), nullptr);
}

}  // namespace
}  // namespace halftone
