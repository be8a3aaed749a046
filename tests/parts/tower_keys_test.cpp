#include "halftone/parts/tower_keys.h"

#include "tests/expect_error.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

const VitConfig kDefaults{.layers = 3, .hidden = 12, .heads = 2, .intermediate = 20};

TEST(TowerKeys, WhatIsAbsentIsAsInTheDefaults) {
  const VitConfig c = read_tower_keys({{"hidden_size", 24}, {"hidden_act", "gelu"}}, kDefaults, "c");
  EXPECT_EQ(c.hidden, 24);
  EXPECT_EQ(c.layers, 3);
  EXPECT_EQ(c.activation, Activation::gelu);
  EXPECT_EQ(read_tower_keys(Json::object(), kDefaults, "c").activation, Activation::quick_gelu);
  expect_error(ErrorKind::input, {"c", "width of 12", "5 heads"}, [] {
    read_tower_keys({{"num_attention_heads", 5}}, kDefaults, "c");
  });
}

TEST(TowerKeys, SidesMayBePairs) {
  PatchEmbedConfig embed;
  read_patch_keys({{"image_size", {56, 56}}, {"patch_size", 14}}, 16, 224, embed, "c");
  EXPECT_EQ(embed.grid, 4);
  EXPECT_EQ(embed.position_grid, 4);
  read_patch_keys(Json::object(), 16, 224, embed, "c");
  EXPECT_EQ(embed.grid, 14);
  expect_error(ErrorKind::unsupported, {"c", "image_size is no square"}, [&] {
    read_patch_keys({{"image_size", {56, 84}}}, 14, 56, embed, "c");
  });
  expect_error(ErrorKind::input, {"c", "image_size of 60", "patches of 14"}, [&] {
    read_patch_keys({{"image_size", 60}}, 14, 56, embed, "c");
  });
  expect_error(ErrorKind::unsupported, {"c", "1 channels"}, [&] {
    read_patch_keys({{"num_channels", 1}}, 14, 56, embed, "c");
  });
}

TEST(TowerKeys, AStateIsWhatItsFirstLayersGive) {
  EXPECT_EQ(layers_for_state(-1, 4, "key", "c"), 4);
  EXPECT_EQ(layers_for_state(-2, 4, "key", "c"), 3);
  EXPECT_EQ(layers_for_state(1, 4, "key", "c"), 1);
  for (const std::int64_t state : {0, 5, -5, -6})
    expect_error(ErrorKind::input, {"c", "key", "4 layers"}, [&] { layers_for_state(state, 4, "key", "c"); });
}

}  // namespace
}  // namespace halftone
