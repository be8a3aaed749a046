#include "halftone/stream/checkpoint.h"

#include "tests/expect_error.h"
#include "tests/support/small_model.h"
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

namespace halftone::test {
namespace {

void patch_config(FileSystem& files, const Json& patch) {
  Json config = Json::parse(read_file(files, "/model/config.json"));
  config.merge_patch(patch);
  write_file(files, "/model/config.json", config.dump());
}

Checkpoint open_float(const SmallModel& model) {
  return open_checkpoint(*model.files, "/model", model.registry.families, model.registry.formats,
                         Accept::float_only);
}

TEST(OpenCheckpoint, AFloatModelHasNoFormatAndNoSchemes) {
  const SmallModel model;
  EXPECT_EQ(model.checkpoint.format, nullptr);
  EXPECT_EQ(&model.checkpoint.source(), model.checkpoint.files.get());
  for (const auto& module : model.checkpoint.modules) EXPECT_FALSE(module.scheme) << module.module;
}

TEST(OpenCheckpoint, RefusesWhatTheConfigSays) {
  const SmallModel model;
  const auto open = [&] { open_float(model); };
  patch_config(*model.files, {{"model_type", "other"}});
  expect_error(ErrorKind::unsupported, {"/model/config.json", "\"other\"", "qwen2_vl"}, open);
  patch_config(*model.files, {{"model_type", nullptr}});
  expect_error(ErrorKind::input, {"/model/config.json", "\"model_type\" is missing"}, open);
  patch_config(*model.files, {{"model_type", "qwen2_vl"}, {"quantization_config", {{"quant_method", "awq"}}}});
  expect_error(ErrorKind::unsupported, {"/model/config.json", "quantized already"}, open);
  expect_error(ErrorKind::unsupported, {"/model/config.json", "not read here"}, [&] { model.open("/model"); });
  patch_config(*model.files, {{"quantization_config", nullptr}, {"num_hidden_layers", 2}});
  expect_error(ErrorKind::input, {"lacks 12 tensors", "/model/config.json", "model.layers.1."}, open);
}

TEST(OpenCheckpoint, AQuantizedDirectoryOpensAsTheFloatModelItStandsFor) {
  const SmallModel model;
  model.run(small_recipe("rtn: {}"), {}, into("/out"));
  const Checkpoint out = model.open("/out");
  ASSERT_NE(out.format, nullptr);
  EXPECT_EQ(out.format->name(), "compressed_tensors");
  std::size_t quantized = 0;
  for (const auto& module : out.modules) quantized += module.scheme.has_value();
  EXPECT_EQ(quantized, 7u);
  const std::string weight = "model.layers.0.mlp.down_proj.weight";
  EXPECT_EQ(out.files->find(weight), nullptr);
  EXPECT_EQ(out.source().at(weight).shape, model.checkpoint.source().at(weight).shape);
  expect_error(ErrorKind::unsupported, {"quantized already"}, [&] {
    open_checkpoint(*model.files, "/out", model.registry.families, model.registry.formats, Accept::float_only);
  });
}

TEST(ModuleFacts, NameEveryLinearOnceWithItsShape) {
  const SmallModel model;
  const auto& modules = model.checkpoint.modules;
  // Patches, 1 vision layer of 4 tensors (q, k, v fused), 2 of the merger, 7 of a decoder layer, the head.
  EXPECT_EQ(modules.size(), 1u + 4 + 2 + 7 + 1);
  const auto find = [&](const std::string& name) {
    for (const auto& m : modules) {
      if (m.module == name) return m;
    }
    ADD_FAILURE() << name;
    return ModuleFacts{};
  };
  const ModuleFacts fused = find("visual.blocks.0.attn.qkv"), patches = find("visual.patch_embed.proj");
  EXPECT_EQ(fused.rows, 3 * 192);
  EXPECT_EQ(fused.columns, 192);
  EXPECT_TRUE(patches.convolution);
  EXPECT_EQ(patches.file_shape, (std::vector<std::int64_t>{192, 3, 2, 14, 14}));
  EXPECT_EQ(patches.columns, 3 * 2 * 14 * 14);
  EXPECT_TRUE(modules.back().tied);
}

// A layer that the file holds but the model never runs is a module of its stage all the same; vectors and what
// no stage's prefix names are none.
TEST(ModuleFacts, NameMatricesThatNoBlockReads) {
  const SmallModel model;
  std::map<std::string, Tensor> tensors = {{"visual.blocks.9.mlp.fc1.weight", at::ones({6, 4})},
                                           {"visual.merger.extra.weight", at::ones({2, 4})},
                                           {"visual.blocks.9.norm1.weight", at::ones({4})},
                                           {"elsewhere.weight", at::ones({6, 4})}};
  const MemorySource source(tensors);
  auto modules = module_facts(model.checkpoint.spec.graph, source);
  modules.erase(modules.begin(), modules.begin() + 15);
  ASSERT_EQ(modules.size(), 2u);
  EXPECT_EQ(modules[0].module, "visual.blocks.9.mlp.fc1");
  EXPECT_EQ(modules[0].stage, Stage::vision);
  EXPECT_EQ(modules[0].rows, 6);
  EXPECT_EQ(modules[0].columns, 4);
  EXPECT_FALSE(modules[0].scheme);
  EXPECT_EQ(modules[1].stage, Stage::bridge) << "the longest prefix";
}

TEST(OpenCheckpoint, ThePreprocessorMayStandInTheProcessorsFile) {
  const SmallModel model;
  const Json processor = {{"image_processor", {{"min_pixels", 1000}}}};
  write_file(*model.files, "/model/processor_config.json", processor.dump());
  const auto least = [&] { return std::get<PatchGridPolicy>(open_float(model).spec.images).min_pixels; };
  EXPECT_NE(least(), 1000) << "its own file comes first";
  model.files->remove_all("/model/preprocessor_config.json");
  EXPECT_EQ(least(), 1000);
}

TEST(ModuleOf, DropsTheLastWord) { EXPECT_EQ(module_of("a.b.weight"), "a.b"); }

TEST(Fingerprint, KnowsTheSameModelAndSeesEveryChange) {
  const SmallModel model, again;
  const std::string one = fingerprint(model.checkpoint);
  EXPECT_EQ(fingerprint(again.checkpoint), one);
  std::string bytes = read_file(*model.files, "/model/model.safetensors");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  write_file(*model.files, "/model/model.safetensors", bytes);
  EXPECT_NE(fingerprint(model.open("/model")), one);
  patch_config(*again.files, {{"rms_norm_eps", 2e-6}});
  EXPECT_NE(fingerprint(again.open("/model")), one);
}

}  // namespace
}  // namespace halftone::test
