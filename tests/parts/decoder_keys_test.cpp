#include "halftone/parts/decoder_keys.h"

#include <cmath>

#include "tests/expect_error.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

DecoderConfig defaults() {
  DecoderConfig d;
  d.layers = 2;
  d.hidden = 32;
  d.heads = 4;
  d.kv_heads = 2;
  d.intermediate = 48;
  d.vocabulary = 100;
  return d;
}

TEST(DecoderKeys, KeyValueHeadsAreAsManyAsHeadsWhereOnlyHeadsAreGiven) {
  EXPECT_EQ(read_decoder_keys(Json::object(), defaults(), "c").kv_heads, 2);
  EXPECT_EQ(read_decoder_keys({{"num_attention_heads", 8}}, defaults(), "c").kv_heads, 8);
  EXPECT_EQ(read_decoder_keys({{"num_key_value_heads", 1}}, defaults(), "c").kv_heads, 1);
}

TEST(DecoderKeys, AHeadSizeMayBeItsOwn) {
  EXPECT_EQ(read_decoder_keys(Json::object(), defaults(), "c").head_dim, 8);
  EXPECT_EQ(read_decoder_keys({{"num_attention_heads", 3}, {"head_dim", 10}}, defaults(), "c").head_dim, 10);
  expect_error(ErrorKind::input, {"c", "hidden_size 32", "3 heads"}, [] {
    read_decoder_keys({{"num_attention_heads", 3}}, defaults(), "c");
  });
  expect_error(ErrorKind::unsupported, {"use_sliding_window"}, [] {
    read_decoder_keys({{"use_sliding_window", true}}, defaults(), "c");
  });
}

// theta 16, head size 4: frequencies 1 and 1/4.
std::pair<std::vector<float>, std::int64_t> rope(Json text, double* amplitude = nullptr) {
  DecoderConfig d;
  d.head_dim = 4;
  text["rope_theta"] = 16.0;
  const std::int64_t positions = read_rope_keys(text, 1e4, 64, d, "c");
  if (amplitude) *amplitude = d.rope_amplitude;
  return {{d.frequencies[0].item<float>(), d.frequencies[1].item<float>()}, positions};
}

TEST(DecoderKeys, RopeTypes) {
  const std::vector<float> plain = {1, 0.25};
  EXPECT_EQ(rope(Json::object()), std::pair(plain, std::int64_t{64}));
  EXPECT_EQ(rope({{"rope_scaling", {{"type", "dynamic"}, {"factor", 2.0}}}}).first, plain);
  EXPECT_EQ(rope({{"rope_scaling", {{"type", "linear"}, {"factor", 4.0}}}}).first,
            (std::vector<float>{0.25, 0.0625}));
  EXPECT_EQ(rope({{"max_position_embeddings", 9}, {"rope_parameters", {{"rope_type", "default"}}}}).second, 9);
  expect_error(ErrorKind::unsupported, {"c", "\"yarn\""}, [] {
    rope({{"rope_scaling", {{"rope_type", "yarn"}}}});
  });
  expect_error(ErrorKind::input, {"c", "factor is 0.5"}, [] {
    rope({{"rope_scaling", {{"type", "linear"}, {"factor", 0.5}}}});
  });
}

// 64 positions from 16: cos and sin grow by sqrt(1 + ln 4 / ln 16) = sqrt(1.5).
TEST(DecoderKeys, LongRopeHasItsShortFactorsAndPositions) {
  Json text = {{"original_max_position_embeddings", 16},
               {"rope_scaling", {{"type", "su"}, {"short_factor", {2.0, 0.5}}, {"long_factor", {9.0, 9.0}}}}};
  double amplitude = 0;
  EXPECT_EQ(rope(text, &amplitude), std::pair(std::vector<float>({0.5, 0.5}), std::int64_t{16}));
  EXPECT_NEAR(amplitude, std::sqrt(1.5), 1e-12);
  text["rope_scaling"]["short_factor"] = {1.0};
  expect_error(ErrorKind::input, {"c", "short_factor holds 1"}, [&] { rope(text); });
  text["rope_scaling"]["short_factor"] = {1.0, 0.0};
  expect_error(ErrorKind::input, {"c", "not above 0"}, [&] { rope(text); });
  text["original_max_position_embeddings"] = 65;
  text["rope_scaling"]["short_factor"] = {1.0, 1.0};
  expect_error(ErrorKind::input, {"original_max_position_embeddings is 65"}, [&] { rope(text); });
}

}  // namespace
}  // namespace halftone
