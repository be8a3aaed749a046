#include "halftone/eval/dump.h"

#include "tests/expect_error.h"
#include "tests/support/small_model.h"
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "halftone/io/safetensors_source.h"

namespace halftone::test {
namespace {

auto dump(const SmallModel& model, const std::string& path) {
  return dump_forward(*model.files, model.checkpoint, text_sample(1, 9), path, at::kFloat, at::kCPU);
}

TEST(Dump, WritesWhatItReports) {
  const SmallModel model;
  const auto shapes = dump(model, "/dump.safetensors");
  const auto source = SafetensorsSource::from_file(*model.files, "/dump.safetensors");
  EXPECT_EQ(source.list().size(), shapes.size());
  for (const auto& [name, shape] : shapes) EXPECT_EQ(source.at(name).shape, shape) << name;
  EXPECT_EQ(shapes.at("input_ids"), std::vector<std::int64_t>{9});
  EXPECT_EQ(shapes.at("position_ids"), (std::vector<std::int64_t>{3, 9}));
  EXPECT_EQ(shapes.at("logits"), (std::vector<std::int64_t>{9, 1024}));
  EXPECT_EQ(shapes.at("language.0.q.input"), (std::vector<std::int64_t>{9, 256}));
  EXPECT_FALSE(shapes.contains("pixel_values"));
}

TEST(Dump, HoldsTheTensorsThatPassedBy) {
  const SmallModel model;
  dump(model, "/dump.safetensors");
  auto source = SafetensorsSource::from_file(*model.files, "/dump.safetensors");
  const auto read = [&](const std::string& name) { return source.read(source.at(name)); };
  const Sample sample = text_sample(1, 9);
  EXPECT_EQ(read("input_ids").to(at::kLong)[4].item<std::int64_t>(), sample.ids[4]);
  const auto& checkpoint = model.checkpoint;
  const Tensor table = checkpoint.source().read(checkpoint.source().at("model.embed_tokens.weight"));
  EXPECT_TRUE(at::equal(read("embed.out")[4], table[sample.ids[4]].to(at::kFloat)));
}

TEST(Dump, LeavesNothingBesideTheFile) {
  const SmallModel model;
  const auto before = model.files->list("/");
  const auto faulty = faulty_files(*model.files, {.call = Fault::Call::rename});
  EXPECT_ANY_THROW(
      dump_forward(*faulty, model.checkpoint, text_sample(1, 9), "/dump.safetensors", at::kFloat, at::kCPU));
  EXPECT_EQ(model.files->list("/"), before);
  const auto full = faulty_files(*model.files, {.call = Fault::Call::write, .after = 2, .error = ENOSPC});
  expect_error(ErrorKind::resource, {"/dump.safetensors"}, [&] {
    dump_forward(*full, model.checkpoint, text_sample(1, 9), "/dump.safetensors", at::kFloat, at::kCPU);
  });
  EXPECT_EQ(model.files->list("/"), before);
}

}  // namespace
}  // namespace halftone::test
