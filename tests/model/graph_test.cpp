#include "halftone/model/graph.h"

#include "tests/expect_error.h"
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "halftone/model/block_builder.h"

namespace halftone {
namespace {

class CheckTensors : public testing::Test {
 protected:
  CheckTensors() {
    const SpaceId hidden = add_space(graph_, {"hidden", 4, {}, 0}), q = add_space(graph_, {"q", 4, {}, 0}),
                  v = add_space(graph_, {"v", 2, {}, 0});
    BlockBuilder b(graph_, "language.0", Stage::language);
    b.linear({.name = "q", .module = {"qkv", {3, 0, 2}}, .bias = true, .output = {q}, .input = {hidden}});
    b.linear({.name = "v", .module = {"qkv", {3, 2, 1}}, .bias = true, .output = {v}, .input = {hidden}});
    b.linear({.name = "o", .module = {"o", {}}, .output = {hidden}, .input = {v}});
    b.finish();
    graph_.unused = {"rotary.*", "*.position_ids", "head"};
  }

  void check() { check_tensors(graph_, MemorySource(tensors_), "config.json"); }

  ModelGraph graph_;
  std::map<std::string, Tensor> tensors_ = {{"qkv.weight", at::zeros({6, 4}, at::kBFloat16)},
                                            {"qkv.bias", at::zeros({6})},
                                            {"o.weight", at::zeros({4, 2}, at::kHalf)}};
};

TEST_F(CheckTensors, WholeCheckpointsPass) {
  check();
  tensors_["rotary.inv_freq"] = at::zeros({3});
  tensors_["vision.position_ids"] = at::zeros({3}, at::kLong);
  tensors_["head"] = at::zeros({});
  check();
}

TEST_F(CheckTensors, MissingTensorsAreNamedOnceEach) {
  tensors_.erase("qkv.bias");
  tensors_.erase("o.weight");
  expect_error(ErrorKind::input, {"lacks 2 tensors", "config.json", "qkv.bias, o.weight"}, [&] { check(); });
}

TEST_F(CheckTensors, ExtraTensorsAreNamed) {
  tensors_["adapter.lora_A"] = at::zeros({3});
  tensors_["header"] = at::zeros({3});  // "head" is a whole name
  expect_error(ErrorKind::input, {"holds 2 tensors", "config.json", "adapter.lora_A, header"},
               [&] { check(); });
}

TEST_F(CheckTensors, LongListsAreCut) {
  for (int i = 0; i < 20; ++i) tensors_["extra." + std::to_string(10 + i)] = at::zeros({1});
  expect_error(ErrorKind::input, {"holds 20 tensors", "extra.10", "extra.17 and 12 more"}, [&] { check(); });
}

TEST_F(CheckTensors, MisshapenTensorsAreNamedWithBothShapes) {
  for (const auto& [name, shape, text] : {std::tuple("qkv.weight", std::vector<std::int64_t>{9, 4}, "[9, 4]"),
                                          {"qkv.weight", {6, 4, 1}, "[6, 4, 1]"},
                                          {"qkv.bias", {}, "[]"},
                                          {"o.weight", {2, 4}, "[2, 4]"}}) {
    std::map<std::string, Tensor> kept = tensors_;
    tensors_[name] = at::zeros(shape);
    expect_error(ErrorKind::input, {std::string("\"") + name + "\"", text, "config.json makes it"},
                 [&] { check(); });
    tensors_ = kept;
  }
}

TEST_F(CheckTensors, WeightsMustBeFloats) {
  for (const auto type : {at::kChar, at::kInt, at::kBool, at::kFloat8_e4m3fn}) {
    tensors_["o.weight"] = at::zeros({4, 2}, at::kHalf).to(type);
    expect_error(ErrorKind::input, {"\"o.weight\"", "expected F32, F16 or BF16"}, [&] { check(); });
  }
}

TEST_F(CheckTensors, ReadersOfASpaceAcrossBlocks) {
  BlockBuilder b(graph_, "language.1", Stage::language);
  b.linear({.name = "q", .module = {"q1", {}}, .output = {1}, .input = {0}});
  b.finish();
  std::vector<std::string> names;
  for (const Site* site : readers_of(graph_, 0)) names.push_back(site->name);
  EXPECT_THAT(names, testing::ElementsAre("language.0.q", "language.0.v", "language.1.q"));
  EXPECT_TRUE(readers_of(graph_, 1).empty());
}

}  // namespace
}  // namespace halftone
