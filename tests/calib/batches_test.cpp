#include "halftone/calib/batches.h"

#include "tests/expect_error.h"
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

const std::string kPictures = std::string(HALFTONE_GOLDENS) + "/images/";

// Positions count from 0; a picture's rows are one segment of h * w with (row number) coordinates.
ModelGraph plain_graph() {
  ModelGraph graph;
  graph.positions = [](auto ids, auto) {
    return at::arange(static_cast<std::int64_t>(ids.size()), at::kLong).view({1, -1});
  };
  graph.vision_rows = [](const ImageLayout& layout) -> VisionRows {
    const std::int64_t rows = layout.grid[1] * layout.grid[2];
    return {{rows}, at::full({rows, 2}, rows, at::kLong)};
  };
  return graph;
}

Sample text_sample(std::int64_t tokens) {
  Sample sample;
  for (std::int64_t i = 0; i < tokens; ++i) sample.ids.push_back(100 * tokens + i);
  sample.modality.assign(sample.ids.size(), kText);
  return sample;
}

Sample picture_sample(const std::string& picture, int width, int height) {
  Sample sample = text_sample(3);
  sample.modality[1] = kVision;
  sample.pictures = {{kPictures + picture, {}}};
  sample.layouts = {plan_image(PatchGridPolicy{}, width, height)};
  return sample;
}

std::vector<std::vector<std::size_t>> grouped(const std::vector<Sample>& samples,
                                              const std::vector<std::size_t>& which, std::int64_t tokens) {
  std::vector<std::vector<std::size_t>> groups;
  for (const auto& batch : make_batches(plain_graph(), samples, which, tokens, at::kCPU))
    groups.push_back(batch->samples);
  return groups;
}

TEST(MakeBatches, FillsUpToTheLimitAndKeepsTheOrder) {
  using Groups = std::vector<std::vector<std::size_t>>;
  const std::vector<Sample> samples = {text_sample(4), text_sample(3), text_sample(9), text_sample(1)};
  EXPECT_EQ(grouped(samples, {0, 1, 2, 3}, 7), (Groups{{0, 1}, {2}, {3}}));
  EXPECT_EQ(grouped(samples, {0, 1, 2, 3}, 6), (Groups{{0}, {1}, {2}, {3}}));
  EXPECT_EQ(grouped(samples, {3, 1}, 100), (Groups{{3, 1}}));
  EXPECT_EQ(grouped(samples, {0, 1, 2, 3}, 1), (Groups{{0}, {1}, {2}, {3}}));
  EXPECT_EQ(grouped(samples, {}, 7), Groups{});
}

TEST(MakeBatches, PacksRowAfterRow) {
  const std::vector<Sample> samples = {text_sample(2), picture_sample("scene-112.png", 112, 112)};
  const auto batch = make_batches(plain_graph(), samples, {1, 0}, 100, at::kCPU).front();
  EXPECT_TRUE(batch->ids.equal(at::tensor({300, 301, 302, 200, 201}, at::kLong)));
  EXPECT_TRUE(batch->positions.equal(at::tensor({0, 1, 2, 0, 1}, at::kLong).view({1, 5})));
  EXPECT_TRUE(batch->modality.equal(at::tensor({0, 1, 0, 0, 0}, at::kByte)));
  EXPECT_EQ(batch->tokens.rows(), 5);
  EXPECT_EQ(batch->vision.rows(), 64);
  EXPECT_EQ(batch->coordinates.size(0), 64);
}

TEST(MakeBatches, WithoutPicturesThereIsNoVision) {
  const auto batch = make_batches(plain_graph(), {text_sample(2)}, {0}, 100, at::kCPU).front();
  EXPECT_FALSE(batch->has_vision());
  EXPECT_FALSE(batch->coordinates.defined());
  EXPECT_FALSE(batch_pixels(*batch, {text_sample(2)}, PatchGridPolicy{}, posix_files(), at::kCPU).defined());
}

TEST(BatchPixels, AreThePicturesInTheOrderOfTheBatch) {
  const std::vector<Sample> samples = {picture_sample("scene-112.png", 112, 112), text_sample(2),
                                       picture_sample("scene-84x140.png", 84, 140)};
  const ModelGraph graph = plain_graph();
  const auto pixels = [&](const std::vector<std::size_t>& which) {
    const auto batch = make_batches(graph, samples, which, 100, at::kCPU).front();
    return batch_pixels(*batch, samples, PatchGridPolicy{}, posix_files(), at::kCPU);
  };
  const Tensor both = pixels({2, 1, 0}), first = pixels({0}), last = pixels({2});
  EXPECT_EQ(first.size(0), 64);
  EXPECT_EQ(last.size(0), 60);
  EXPECT_TRUE(both.narrow(0, 0, 60).equal(last));
  EXPECT_TRUE(both.narrow(0, 60, 64).equal(first));
}

TEST(BatchPixels, APictureThatDoesNotDecodeIsNamed) {
  Sample sample = picture_sample("scene-112.png", 112, 112);
  const auto batch = make_batches(plain_graph(), {sample}, {0}, 100, at::kCPU).front();
  sample.pictures = {{"broken.png", {std::byte{1}, std::byte{2}}}};
  expect_error(ErrorKind::input, {"broken.png"},
               [&] { batch_pixels(*batch, {sample}, PatchGridPolicy{}, posix_files(), at::kCPU); });
}

}  // namespace
}  // namespace halftone
