#include <regex>

#include "tests/expect_error.h"
#include "tests/formats/format_files.h"
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

using testing::HasSubstr;

const std::map<Stage, ModuleNames> kNames = {
    {Stage::vision, {"visual.", R"(.*visual\.)"}},
    {Stage::bridge, {"visual.merger.", R"(.*visual\.merger\.)"}},
    {Stage::language, {"model.layers.", R"((?!.*visual\.).*layers\.)"}},
    {Stage::head, {"lm_head", ".*lm_head"}}};

Scheme scheme(int bits, Granularity granularity = Granularity::channel, bool symmetric = true,
              std::int64_t group = 128) {
  return {{bits, NumberKind::integer, symmetric, granularity, group, DType::bf16}, {}};
}

Scheme float8() {
  Scheme s = scheme(8);
  s.weight.kind = NumberKind::floating;
  s.input = InputScheme{8, NumberKind::floating};
  return s;
}

Scheme with_input(Scheme s, InputScheme input = {}) {
  s.input = input;
  return s;
}

ModuleFacts facts(const std::string& name, Stage stage, std::optional<Scheme> s, std::int64_t rows = 1,
                  std::int64_t columns = 128) {
  ModuleFacts m;
  m.module = name;
  m.rows = rows;
  m.columns = columns;
  m.stage = stage;
  m.file_shape = {rows, columns};
  m.scheme = std::move(s);
  return m;
}

Tensor codes_of(std::vector<int> values, std::int64_t rows = 1) {
  return at::tensor(values, at::kInt).to(at::kChar).view({rows, -1});
}

std::vector<std::uint32_t> words_of(const Tensor& tensor) {
  std::vector<std::uint32_t> words;
  const Tensor flat = tensor.contiguous().view({-1});
  for (std::int64_t i = 0; i < flat.numel(); ++i)
    words.push_back(static_cast<std::uint32_t>(flat[i].item<std::int32_t>()));
  return words;
}

class CompressedTensors : public testing::Test {
 protected:
  std::unique_ptr<Format> format_ = format_named("compressed_tensors");

  std::string refusal(const ModuleFacts& m) { return format_->refuse(m).value_or("accepted"); }
  // read() of tensors that a hostile file may hold.
  void expect_unreadable(const ModuleFacts& m, std::map<std::string, Tensor> tensors,
                         const std::string& piece) {
    MemorySource source(std::move(tensors));
    expect_error(ErrorKind::input, {piece}, [&] { format_->read(m, source); });
  }
};

// ---- bytes, packed by hand

// Eight codes a word, the first in the lowest bits, each plus 8.
TEST_F(CompressedTensors, FourBitsAreEightToAWord) {
  const ModuleFacts m = facts("q", Stage::language, scheme(4), 1, 10);
  const FormatFiles files(
      *format_, m, {m.scheme->weight, codes_of({-8, -7, -6, -5, -4, -3, -2, -1, 7, 0}), at::ones({1, 1}), {}});
  EXPECT_EQ(words_of(files.tensor("q.weight_packed")), (std::vector<std::uint32_t>{0x76543210, 0x0000008F}));
  EXPECT_TRUE(files.tensor("q.weight_shape").equal(at::tensor({1, 10}, at::kLong)));
  EXPECT_EQ(files.tensor("q.weight_scale").scalar_type(), at::kBFloat16);
  EXPECT_EQ(files.source->list().size(), 3u);
}

// Codes -4 .. 3 are 0 .. 7 in three bits each: 0xFAC688 of 24 bits. The eleventh code straddles the words.
TEST_F(CompressedTensors, ThreeBitsRunOnAcrossWords) {
  const ModuleFacts m = facts("q", Stage::language, scheme(3), 1, 11);
  const FormatFiles files(
      *format_, m, {m.scheme->weight, codes_of({-4, -3, -2, -1, 0, 1, 2, 3, -4, -3, 3}), at::ones({1, 1}), {}});
  // 0xFAC688 | 0 << 24 | 1 << 27 | 7 << 30: the last bit of the 7 begins the next word.
  EXPECT_EQ(words_of(files.tensor("q.weight_packed")), (std::vector<std::uint32_t>{0xC8FAC688, 1}));
}

// Zero points are packed down the rows: column j holds rows 0 .. 7 of group j.
TEST_F(CompressedTensors, ZeroPointsArePackedAlongTheRows) {
  const ModuleFacts m = facts("q", Stage::language, scheme(4, Granularity::group, false, 2), 9, 4);
  const Tensor first = codes_of({-8, -7, -6, -5, -4, -3, -2, -1, 0}, 9);
  const Tensor zero = at::zeros({9, 2}, at::kChar);
  zero.select(1, 0).copy_(first.select(1, 0));
  const FormatFiles files(*format_, m,
                          {m.scheme->weight, at::zeros({9, 4}, at::kChar), at::ones({9, 2}), zero});
  const Tensor words = files.tensor("q.weight_zero_point");
  EXPECT_EQ(words.sizes(), at::IntArrayRef({2, 2}));
  EXPECT_EQ(words_of(words), (std::vector<std::uint32_t>{0x76543210, 0x88888888, 0x8, 0x8}));
}

TEST_F(CompressedTensors, IntegersForIntegerInputsStayBytes) {
  const ModuleFacts m = facts("q", Stage::language, with_input(scheme(8)), 2, 3);
  const Tensor codes = codes_of({-128, -1, 0, 1, 127, 5}, 2);
  const FormatFiles files(*format_, m, {m.scheme->weight, codes, at::full({2, 1}, 0.5F), {}});
  EXPECT_TRUE(files.tensor("q.weight").equal(codes));
  EXPECT_EQ(files.tensor("q.weight_scale").sizes(), at::IntArrayRef({2, 1}));
  EXPECT_EQ(files.source->list().size(), 2u);
}

TEST_F(CompressedTensors, ScalesHaveTheSchemesType) {
  for (const DType dtype : {DType::f16, DType::bf16, DType::f32}) {
    ModuleFacts m = facts("q", Stage::language, scheme(4), 1, 8);
    m.scheme->weight.scale_dtype = dtype;
    const FormatFiles files(*format_, m,
                            {m.scheme->weight, at::zeros({1, 8}, at::kChar), at::ones({1, 1}), {}});
    EXPECT_EQ(files.source->at("q.weight_scale").dtype, dtype);
  }
}

// ---- refusals

TEST_F(CompressedTensors, RefusalsHaveTheirReason) {
  const auto of = [&](const Scheme& s, std::int64_t columns = 128) {
    return refusal(facts("q", Stage::language, s, 4, columns));
  };
  EXPECT_EQ(of(scheme(4, Granularity::group, false)), "accepted");
  EXPECT_EQ(of(with_input(scheme(4, Granularity::group))), "accepted");
  EXPECT_EQ(of(float8()), "accepted");
  EXPECT_THAT(of(scheme(4, Granularity::group), 100), HasSubstr("groups of 128 do not divide its 100 input"));
  EXPECT_THAT(of(scheme(4, Granularity::tensor)), HasSubstr("one scale a row or a group"));
  EXPECT_THAT(of(with_input(scheme(8, Granularity::channel, false))), HasSubstr("symmetric"));
  for (const int bits : {2, 3, 5, 6, 7}) EXPECT_THAT(of(with_input(scheme(bits))), HasSubstr("4 or 8 bits"));
  EXPECT_THAT(of(with_input(scheme(8), {8, NumberKind::floating})),
              HasSubstr("both be integers or both be floats"));
  EXPECT_THAT(of(with_input(float8(), {})), HasSubstr("both be integers or both be floats"));
  ModuleFacts m = facts("q", Stage::vision, scheme(4));
  m.convolution = true;
  EXPECT_THAT(refusal(m), HasSubstr("convolution"));
  m.convolution = false;
  m.tied = true;
  EXPECT_THAT(refusal(m), HasSubstr("token embedding"));
}

// ---- config.json

// What a loader does with the lists: Python's re.match, from the start of the name.
bool ignored(const Json& config, const std::string& module) {
  for (const auto& entry : config["ignore"]) {
    const std::string text = entry.get<std::string>();
    if (std::regex_search(module, std::regex(text.substr(3)), std::regex_constants::match_continuous))
      return true;
  }
  return false;
}

std::vector<ModuleFacts> small_model() {
  return {facts("visual.blocks.0.attn.qkv", Stage::vision, {}), facts("visual.merger.mlp.0", Stage::bridge, {}),
          facts("model.layers.1.mlp.down_proj", Stage::language, {}),
          facts("model.layers.11.mlp.down_proj", Stage::language, {}), facts("lm_head", Stage::head, {})};
}

// For every choice of quantized modules, under every name that loaders use: ignored exactly if not quantized.
TEST_F(CompressedTensors, IgnoreNamesExactlyWhatIsNotQuantized) {
  for (unsigned chosen = 1; chosen < 32; ++chosen) {
    auto modules = small_model();
    for (std::size_t i = 0; i < modules.size(); ++i) {
      if (chosen >> i & 1) modules[i].scheme = scheme(4);
    }
    const Json config = format_->config(modules, kNames);
    for (const auto& m : modules) {
      EXPECT_EQ(ignored(config, m.module), !m.scheme)
          << m.module << " of " << chosen << " in " << config["ignore"];
    }
    if (chosen != 4) continue;
    for (const char* name :
         {"model.language_model.layers.1.mlp.down_proj", "language_model.model.layers.1.mlp.down_proj"})
      EXPECT_FALSE(ignored(config, name)) << name;
    for (const char* name :
         {"model.visual.blocks.0.attn.qkv", "language_model.lm_head", "model.visual.merger.mlp.0"})
      EXPECT_TRUE(ignored(config, name)) << name;
  }
}

TEST_F(CompressedTensors, OneSchemeTargetsEveryLinear) {
  auto modules = small_model();
  modules[2].scheme = modules[3].scheme = scheme(4, Granularity::group, false);
  const Json config = format_->config(modules, kNames);
  EXPECT_EQ(config["quant_method"], "compressed-tensors");
  EXPECT_EQ(config["quantization_status"], "compressed");
  EXPECT_EQ(config["format"], "pack-quantized");
  ASSERT_EQ(config["config_groups"].size(), 1u);
  const Json& group = config["config_groups"]["group_0"];
  EXPECT_EQ(group["targets"], Json::array({"Linear"}));
  EXPECT_EQ(group["format"], "pack-quantized");
  EXPECT_TRUE(group["input_activations"].is_null());
  const Json& weights = group["weights"];
  EXPECT_EQ(weights["num_bits"], 4);
  EXPECT_EQ(weights["type"], "int");
  EXPECT_EQ(weights["symmetric"], false);
  EXPECT_EQ(weights["strategy"], "group");
  EXPECT_EQ(weights["group_size"], 128);
  // Readers forbid keys they do not know; these two are new.
  EXPECT_FALSE(weights.contains("scale_dtype") || weights.contains("zp_dtype"));
}

TEST_F(CompressedTensors, SchemesAreDisjointGroups) {
  auto modules = small_model();
  modules[2].scheme = scheme(4);
  modules[3].scheme = with_input(scheme(8));
  modules[0].scheme = float8();
  const Json config = format_->config(modules, kNames);
  EXPECT_EQ(config["format"], "mixed-precision");
  ASSERT_EQ(config["config_groups"].size(), 3u);
  std::map<std::string, int> named;
  for (const auto& [name, group] : config["config_groups"].items()) {
    for (const auto& m : modules) named[m.module] += ignored({{"ignore", group["targets"]}}, m.module) ? 1 : 0;
  }
  for (const auto& m : modules) EXPECT_EQ(named[m.module], m.scheme ? 1 : 0) << m.module;
  const Json& w8a8 = config["config_groups"]["group_2"];
  EXPECT_EQ(w8a8["format"], "int-quantized");
  EXPECT_TRUE(w8a8["weights"]["group_size"].is_null());
  EXPECT_EQ(w8a8["input_activations"]["dynamic"], true);
  EXPECT_EQ(w8a8["input_activations"]["strategy"], "token");
  EXPECT_EQ(config["config_groups"]["group_0"]["weights"]["type"], "float");
}

// ---- reading what others wrote

// config.json with one group, with some of its weights' arguments changed.
Json config_with(const Json& weights, const Json& input = nullptr) {
  Json arguments = {{"num_bits", 4}, {"type", "int"}, {"symmetric", true}, {"strategy", "channel"}};
  arguments.update(weights);
  return {
      {"quantization_config",
       {{"quant_method", "compressed-tensors"},
        {"config_groups",
         {{"group_0",
           {{"targets", Json::array({"Linear"})}, {"weights", arguments}, {"input_activations", input}}}}}}}};
}

class ReadSchemes : public CompressedTensors {
 protected:
  std::optional<Scheme> read(const Json& config) {
    const MemorySource source({{"q.weight_scale", at::ones({1, 1}, at::kHalf)}});
    std::vector<ModuleFacts> modules = {facts("q", Stage::language, {})};
    format_->read_schemes(config, source, modules);
    return modules[0].scheme;
  }
  void expect_refused(ErrorKind kind, const Json& config, const std::string& piece) {
    expect_error(kind, {piece}, [&] { read(config); });
  }
};

TEST_F(ReadSchemes, TakesStrategiesThatAreLeftOut) {
  EXPECT_EQ(read(config_with({{"group_size", 32}, {"strategy", nullptr}}))->weight.granularity,
            Granularity::group);
  EXPECT_EQ(read(config_with({{"group_size", -1}, {"strategy", nullptr}}))->weight.granularity,
            Granularity::channel);
  EXPECT_EQ(read(config_with(Json::object()))->weight.scale_dtype, DType::f16);
  EXPECT_EQ(
      read(config_with({{"num_bits", 8}}, {{"num_bits", 8}, {"dynamic", true}, {"strategy", "token"}}))->input,
      InputScheme{});
}

TEST_F(ReadSchemes, WhatIsNotUnderstoodIsRefused) {
  using enum ErrorKind;
  for (const int bits : {1, 9, 0, -4}) expect_refused(unsupported, config_with({{"num_bits", bits}}), "bits");
  expect_refused(unsupported, config_with({{"num_bits", 4294967300}}), "4294967300 bits");
  expect_refused(unsupported, config_with({{"type", "float"}}), "floats of 4 bits");
  expect_refused(unsupported, config_with({{"type", "complex"}}), "\"complex\"");
  expect_refused(unsupported, config_with({{"strategy", "block"}}), "\"block\"");
  expect_refused(unsupported, config_with({{"actorder", "group"}}), "actorder");
  expect_refused(input, config_with({{"strategy", "group"}, {"group_size", 0}}), "group_size of 0");
  expect_refused(input, config_with({{"strategy", "group"}, {"group_size", -1}}), "group_size of -1");
  expect_refused(unsupported, config_with({{"strategy", "group"}, {"group_size", 100}}), "do not divide");
  expect_refused(unsupported,
                 config_with(Json::object(), {{"num_bits", 8}, {"dynamic", false}, {"strategy", "tensor"}}),
                 "dynamic per token");
  expect_refused(input, {{"quantization_config", {{"config_groups", 4}}}}, "no config_groups");
  expect_refused(input, {{"quantization_config", {{"config_groups", {{"group_0", 4}}}}}}, "group_0");
  Json config = config_with(Json::object());
  Json& group = config["quantization_config"]["config_groups"]["group_0"];
  group["targets"] = {"other"};
  expect_refused(input, config, "\"q\" has a scale, but no group");
  group["targets"] = {"re:("};
  expect_refused(unsupported, config, "re:(");
  group["targets"] = 3;
  expect_refused(input, config, "no group");
  group = {{"targets", {"Linear"}}, {"weights", nullptr}};
  expect_refused(unsupported, config, "without weights");
}

TEST_F(ReadSchemes, IgnoredModulesStayAsTheyAre) {
  Json config = config_with(Json::object());
  for (const char* entry : {"q", "re:q$", "re:.*q"}) {
    config["quantization_config"]["ignore"] = {entry};
    EXPECT_FALSE(read(config).has_value()) << entry;
  }
  for (const char* entry : {"Q", "qq", "re:x", "re:.q", "re:qq"}) {
    config["quantization_config"]["ignore"] = {entry};
    EXPECT_TRUE(read(config).has_value()) << entry;
  }
  config["quantization_config"]["ignore"] = nullptr;
  EXPECT_TRUE(read(config).has_value());
}

TEST_F(CompressedTensors, RecognizesItsOwnConfigsOnly) {
  EXPECT_TRUE(format_->recognizes(config_with(Json::object())));
  EXPECT_FALSE(format_->recognizes({{"quantization_config", {{"quant_method", "gptq"}}}}));
  EXPECT_FALSE(format_->recognizes({{"quantization_config", "compressed-tensors"}}));
  EXPECT_FALSE(format_->recognizes(Json::object()));
}

TEST_F(CompressedTensors, DamagedTensorsAreInputErrors) {
  const ModuleFacts m = facts("q", Stage::language, scheme(4), 1, 8);
  const std::map<std::string, Tensor> sound = {{"q.weight_packed", at::zeros({1, 1}, at::kInt)},
                                               {"q.weight_scale", at::ones({1, 1})},
                                               {"q.weight_shape", at::tensor({1, 8}, at::kLong)}};
  const auto with = [&](const std::string& name, const Tensor& tensor) {
    auto tensors = sound;
    tensors["q." + name] = tensor;
    return tensors;
  };
  MemorySource source(sound);
  EXPECT_NO_THROW(format_->read(m, source));
  for (const float bad : {0.0F, -1.0F, NAN, INFINITY})
    expect_unreadable(m, with("weight_scale", at::full({1, 1}, bad)), "q.weight_scale");
  expect_unreadable(m, with("weight_scale", at::ones({1, 2})), "q.weight_scale");
  expect_unreadable(m, with("weight_scale", at::ones({1, 1}, at::kLong)), "a scale is BF16, F16 or F32");
  expect_unreadable(m, with("weight_packed", at::zeros({1, 2}, at::kInt)), "q.weight_packed");
  expect_unreadable(m, with("weight_packed", at::zeros({1, 1}, at::kLong)), "q.weight_packed");
  expect_unreadable(m, with("weight_shape", at::tensor({8, 1}, at::kLong)), "does not hold [1, 8]");
  for (const auto& [name, tensor] : sound) {
    auto tensors = sound;
    tensors.erase(name);
    expect_unreadable(m, tensors, name);
  }
}

TEST_F(CompressedTensors, CodesOutsideTheirRangeAreInputErrors) {
  const ModuleFacts w4a8 = facts("q", Stage::language, with_input(scheme(4)), 1, 2);
  for (const int code : {-9, 8})
    expect_unreadable(w4a8, {{"q.weight", codes_of({code, 0})}, {"q.weight_scale", at::ones({1, 1})}},
                      "outside 4 bits");
  const ModuleFacts fp8 = facts("q", Stage::language, float8(), 1, 2);
  expect_unreadable(
      fp8, {{"q.weight", at::full({1, 2}, NAN).to(at::kFloat8_e4m3fn)}, {"q.weight_scale", at::ones({1, 1})}},
      "q.weight");
}

}  // namespace
}  // namespace halftone
