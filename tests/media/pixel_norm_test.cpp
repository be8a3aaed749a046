#include "halftone/media/pixel_norm.h"

#include <cmath>

#include <gtest/gtest.h>

#include "halftone/base/error.h"

namespace halftone {
namespace {

PixelNorm read(const std::string& json, const std::optional<PixelNorm>& fallback = {}) {
  return read_pixel_norm(parse_json(json, "p.json"), "p.json", fallback);
}

std::string refusal(const std::string& json, ErrorKind kind) {
  try {
    read(json);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.message();
    return error.message();
  }
  ADD_FAILURE() << "accepted: " << json;
  return {};
}

const std::string kFull = R"({"do_resize": true, "do_normalize": true, "image_mean": [0.5, 0.25, 0.125],
  "image_std": [0.5, 1, 2], "rescale_factor": 0.25})";

TEST(PixelNorm, ReadsTheFile) {
  EXPECT_EQ(read(kFull), (PixelNorm{{0.5, 0.25, 0.125}, {0.5, 1, 2}, 0.25}));
  EXPECT_EQ(read(R"({"image_mean": [0, 0, 0], "image_std": [1, 1, 1]})").rescale, 1.0 / 255);
}

TEST(PixelNorm, FallbackFillsWhatIsMissing) {
  const PixelNorm fallback{{0.1, 0.2, 0.3}, {0.4, 0.5, 0.6}, 1.0 / 255};
  EXPECT_EQ(read("{}", fallback), fallback);
  EXPECT_EQ(read(R"({"image_mean": null})", fallback), fallback);
  EXPECT_EQ(read(R"({"image_mean": [1, 1, 1]})", fallback).std, fallback.std);
}

TEST(PixelNorm, SwitchedOffStepsDoNothing) {
  EXPECT_EQ(read(R"({"do_normalize": false, "do_rescale": false})"), (PixelNorm{{0, 0, 0}, {1, 1, 1}, 1}));
}

TEST(PixelNorm, RefusesWhatItCannotDo) {
  EXPECT_NE(refusal(R"({"do_resize": false})", ErrorKind::unsupported).find("do_resize"), std::string::npos);
  EXPECT_NE(refusal(R"({"do_convert_rgb": false})", ErrorKind::unsupported).find("p.json"), std::string::npos);
  EXPECT_NE(refusal("{}", ErrorKind::input).find("image_mean"), std::string::npos);
  refusal(R"({"image_mean": [0, 0], "image_std": [1, 1, 1]})", ErrorKind::input);
  refusal(R"({"image_mean": [0, 0, 0], "image_std": [1, 0, 1]})", ErrorKind::input);
  refusal(R"({"image_mean": [0, 0, 0], "image_std": [1, 1e-60, 1]})", ErrorKind::input);
  refusal(R"({"image_mean": [0, 0, 0], "image_std": [1, 1, 1], "rescale_factor": 0})", ErrorKind::input);
  refusal(R"({"image_mean": "mean", "image_std": [1, 1, 1]})", ErrorKind::input);
  refusal(R"({"do_normalize": 1})", ErrorKind::input);
}

TEST(Resample, ReadsPillowsNumbers) {
  const auto read_number = [](const std::string& json) {
    return read_resample(parse_json(json, "p.json"), Resample::bicubic, "p.json");
  };
  EXPECT_EQ(read_number("{}"), Resample::bicubic);
  EXPECT_EQ(read_number(R"({"resample": 2})"), Resample::bilinear);
  EXPECT_THROW(read_number(R"({"resample": 6})"), Error);
  EXPECT_THROW(read_number(R"({"resample": -1})"), Error);
  EXPECT_THROW(read_number(R"({"resample": "bicubic"})"), Error);
}

TEST(NormTable, EndsOfTheRange) {
  const NormTable table =
      norm_table({{0.48145466, 0.4578275, 0.40821073}, {0.26862954, 0.26130258, 0.27577711}, 1.0 / 255});
  const double black[] = {-1.7923, -1.7521, -1.4802}, white[] = {1.9303, 2.0749, 2.1459};
  for (int c = 0; c < 3; ++c) {
    EXPECT_NEAR(table[c][0], black[c], 5e-5);
    EXPECT_NEAR(table[c][255], white[c], 5e-5);
  }
}

// Dividing the float by 255, as some processors do, and multiplying in double by 1/255 give the same floats.
TEST(NormTable, BothWaysOfRescalingAgree) {
  const NormTable table = norm_table({});
  for (int value = 0; value < 256; ++value) ASSERT_EQ(table[0][value], static_cast<float>(value) / 255.0f);
}

}  // namespace
}  // namespace halftone
