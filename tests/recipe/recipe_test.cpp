#include "halftone/recipe/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "halftone/recipe/resolve.h"
#include "halftone/recipe/yaml.h"

namespace halftone {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Read {
  Recipe recipe;
  std::vector<std::string> faults;
};

Read read(const std::string& text) {
  Faults faults;
  Recipe recipe = read_recipe(parse_yaml(text, "r.yaml"), faults);
  return {std::move(recipe), faults.lines()};
}

std::vector<std::string> faults_of(const std::string& text) { return read("version: 1\n" + text).faults; }

constexpr const char* kWhole = R"(version: 1
calibration:
  data: [a.json, {path: pictures, weight: 2, prompt: "What is it?", images: beside}]
  samples: 64
  seed: 3
  max_tokens: 100
  on_bad_record: skip
quality: {samples: 5}
schemes:
  w4: {weight: {bits: 4, group: 32, symmetric: false}}
  w8a8: {weight: {bits: 8, per: channel}, input: {bits: 8}}
  fp8: {weight: {bits: 8, type: float, per: tensor}, input: {bits: 8, type: float}}
assign:
  - {site: "*.down", scheme: w4, weight: {bits: 3, group: 64}}
  - {site: "vision.*", scheme: keep}
  - {site: "head", scheme: w8a8, input: ~}
  - {site: "*", scheme: fp8}
methods: [{gptq: {damp: 0.1}}, rtn]
output: [{format: dense}, {shard: 4GiB}]
limits: {kl: 0.1}
compute: bfloat16
propagate: reference
micro_batch: 16
)";

TEST(Recipe, ReadsEveryPart) {
  const auto [recipe, faults] = read(kWhole);
  ASSERT_THAT(faults, IsEmpty());
  ASSERT_EQ(recipe.calibration.data.size(), 2u);
  EXPECT_EQ(recipe.calibration.data[0].path, "a.json");
  EXPECT_EQ(recipe.calibration.data[1].weight, 2);
  EXPECT_EQ(recipe.calibration.data[1].images, "beside");
  EXPECT_EQ(recipe.calibration.on_bad_record, OnBadRecord::skip);
  EXPECT_EQ(recipe.quality.samples, 5);
  EXPECT_EQ(recipe.schemes.at("fp8").input->kind, NumberKind::floating);
  EXPECT_EQ(recipe.schemes.at("fp8").weight.granularity, Granularity::tensor);
  ASSERT_EQ(recipe.methods.size(), 2u);
  EXPECT_EQ(recipe.methods[0].params.find("damp")->text, "0.1");
  EXPECT_EQ(recipe.methods[1].name, "rtn");
  EXPECT_EQ(recipe.outputs[1].shard, std::int64_t{4} << 30);
  EXPECT_EQ(recipe.outputs[1].format, "compressed_tensors");
  EXPECT_EQ(recipe.limits.at("kl"), 0.1);
  EXPECT_EQ(recipe.compute, "bfloat16");
  EXPECT_EQ(recipe.propagate, Propagate::reference);
  EXPECT_EQ(recipe.micro_batch, 16);
}

TEST(Recipe, RulesChangeTheirOwnCopyOfAScheme) {
  const Recipe recipe = read(kWhole).recipe;
  const Scheme& down = *recipe.assign[0].value;
  EXPECT_EQ(down.weight.bits, 3);
  EXPECT_EQ(down.weight.group, 64);
  EXPECT_FALSE(down.weight.symmetric);  // kept from the scheme
  EXPECT_EQ(recipe.schemes.at("w4").weight.bits, 4);
  EXPECT_FALSE(recipe.assign[1].value.has_value());
  EXPECT_FALSE(recipe.assign[2].value->input.has_value());
  EXPECT_TRUE(recipe.schemes.at("w8a8").input.has_value());
}

TEST(Recipe, AnUnknownKeySaysWhereAndWhatWasMeant) {
  EXPECT_THAT(faults_of("schemes:\n  w4: {weight: {bits: 4, grop: 128}}\n"),
              ElementsAre("r.yaml:3:26: unknown key \"grop\" in schemes.w4.weight; did you mean \"group\"?"));
  EXPECT_THAT(faults_of("metods: [rtn]\n"),
              ElementsAre("r.yaml:2:1: unknown key \"metods\" in the recipe; did you mean \"methods\"?"));
  EXPECT_THAT(faults_of("calibration: {data: [{path: a, wieght: 2}]}\n"),
              ElementsAre(AllOf(HasSubstr("r.yaml:2:32"), HasSubstr("did you mean \"weight\"?"))));
  EXPECT_THAT(faults_of("limits: {lk: 1}\n"), ElementsAre(AllOf(HasSubstr("r.yaml:2:10"), HasSubstr("kl"))));
}

TEST(Recipe, EveryFaultIsToldAtOnce) {
  const auto faults = read(
                          "version: 2\n"
                          "schemes:\n  a: {weight: {bits: 9}}\n  b: {inputs: {}}\n"
                          "assign:\n  - {site: \"*\"}\n  - {scheme: a}\n  - {site: x, scheme: c}\n"
                          "methods: [[x]]\n"
                          "output: {shard: big}\n"
                          "micro_batch: 0\n")
                          .faults;
  for (const char* piece : {"version", "schemes.a.weight.bits", "inputs", "assign[0] has no scheme",
                            "assign[1] has no site", "scheme \"c\" is unknown, known are keep, a, b",
                            "methods: expected", "output.shard is \"big\"", "micro_batch"}) {
    EXPECT_THAT(faults, Contains(HasSubstr(piece)));
  }
  for (const auto& fault : faults) EXPECT_TRUE(fault.starts_with("r.yaml:")) << fault;
}

TEST(Recipe, ShapesThatAreWrongAreFaultsAndNoCrash) {
  struct Case {
    const char* text;
    const char* piece;
  };
  const Case table[] = {
      {"schemes: 4\n", "schemes: expected names"},
      {"schemes: {a: 4}\n", "schemes.a: expected keys and values"},
      {"schemes: {a: {weight: 4}}\n", "schemes.a.weight"},
      {"schemes: {a: {weight: {bits: 1}}}\n", "2 to 8"},
      {"schemes: {a: {weight: {group: 0}}}\n", "schemes.a.weight.group"},
      {"schemes: {a: {weight: {group: -1}}}\n", "schemes.a.weight.group"},
      {"schemes: {a: {weight: {group: 64, per: channel}}}\n", "both a group and another granularity"},
      {"schemes: {a: {weight: {type: float, bits: 4, per: channel}}}\n", "float weights are \"bits: 8\""},
      {"schemes: {a: {weight: {type: float, bits: 8}}}\n", "per channel or tensor"},
      {"schemes: {a: {input: {bits: 3}}}\n", "4 to 8"},
      {"schemes: {a: {input: {per: tensor}}}\n", "dynamically, per token"},
      {"schemes: {a: {input: {dynamic: false}}}\n", "dynamically, per token"},
      {"schemes: {a: {input: {type: float, bits: 4}}}\n", "float inputs are 8 bits"},
      {"schemes: {keep: {}}\n", "means to leave a site"},
      {"assign: {site: x}\n", "assign: expected a list"},
      {"assign: [x]\n", "assign[0]"},
      {"methods: {gptq: {}}\n", "methods: expected a list"},
      {"methods: [{a: 1, b: 2}]\n", "one name with its parameters"},
      {"calibration: 4\n", "calibration: expected keys and values"},
      {"calibration: {data: [{weight: 2}]}\n", "an entry has no path"},
      {"calibration: {data: [{path: a, weight: -1}]}\n", "weight"},
      {"calibration: {data: [[a]]}\n", "calibration.data"},
      {"calibration: {samples: 0}\n", "calibration.samples"},
      {"calibration: {seed: -1}\n", "calibration.seed"},
      {"calibration: {on_bad_record: ignore}\n", "fail, skip"},
      {"quality: {samples: -2}\n", "quality.samples"},
      {"output: dense\n", "output: expected keys and values"},
      {"output: [{format: dense}, {format: dense}]\n", "dense is listed twice"},
      {"output: {shard: 0}\n", "output.shard"},
      {"output: {shard: -1GiB}\n", "output.shard"},
      {"compute: float16\n", "auto, float32, bfloat16"},
      {"propagate: both\n", "quantized, reference"},
      {"limits: {kl: -1}\n", "limits"},
  };
  for (const auto& [text, piece] : table)
    EXPECT_THAT(faults_of(text), ElementsAre(AllOf(HasSubstr("r.yaml:2:"), HasSubstr(piece)))) << text;
  EXPECT_THAT(read("").faults, ElementsAre(HasSubstr("version: 1")));
  EXPECT_THAT(read("- a\n").faults, Contains(HasSubstr("the recipe: expected keys and values")));
}

TEST(Recipe, WhatIsNotSaidHasItsDefault) {
  const auto [recipe, faults] = read("version: 1\ncalibration: {data: ~}\n");
  EXPECT_THAT(faults, IsEmpty());
  EXPECT_EQ(recipe.calibration.samples, 128);
  EXPECT_TRUE(recipe.calibration.data.empty());
  ASSERT_EQ(recipe.outputs.size(), 1u);
  EXPECT_EQ(recipe.outputs[0].format, "compressed_tensors");
}

TEST(Recipe, SetReachesEveryPart) {
  Value root = parse_yaml(kWhole, "r.yaml");
  set_value(root, "schemes.w4.weight.group=128");
  set_value(root, "calibration.samples=7");
  set_value(root, "calibration.sampels=7");
  Faults faults;
  const Recipe recipe = read_recipe(root, faults);
  EXPECT_EQ(recipe.schemes.at("w4").weight.group, 128);
  EXPECT_EQ(recipe.calibration.samples, 7);
  EXPECT_THAT(faults.lines(),
              ElementsAre(AllOf(HasSubstr("--set calibration.sampels=7"), HasSubstr("\"samples\""))));
}

TEST(ParseBytes, ReadsSizesAndNothingElse) {
  EXPECT_EQ(parse_bytes("4096"), 4096);
  EXPECT_EQ(parse_bytes("1.5KiB"), 1536);
  EXPECT_EQ(parse_bytes("500MB"), 500'000'000);
  EXPECT_EQ(parse_bytes("4GiB"), std::int64_t{4} << 30);
  for (const char* text : {"", "GiB", "-1", "4 GiB", "4gib", "1e30", "inf", "nan", "9TiBx", "8388608TiB"})
    EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
}

TEST(Presets, ParseReadAndFindTheirSites) {
  const std::vector<std::string> sites = {"vision.0.q", "bridge.fc1", "language.0.q", "language.0.down",
                                          "head"};
  ASSERT_FALSE(preset_names().empty());
  for (const auto& name : preset_names()) {
    Faults faults;
    const Recipe recipe = read_recipe(parse_yaml(*preset_text(name), name), faults);
    const Assignment assignment = assign_sites(recipe, sites, faults);
    EXPECT_THAT(faults.lines(), IsEmpty()) << name;
    EXPECT_FALSE(assignment.empty()) << name;
    EXPECT_FALSE(recipe.methods.empty()) << name;
  }
  EXPECT_EQ(preset_text("no-such-preset"), std::nullopt);
}

// A preset's name says what it does: w3g128-asym.
TEST(Presets, DoWhatTheirNamesSay) {
  for (const auto& name : preset_names()) {
    Faults faults;
    const Recipe recipe = read_recipe(parse_yaml(*preset_text(name), name), faults);
    ASSERT_EQ(recipe.schemes.size(), 1u) << name;
    const Scheme& scheme = recipe.schemes.begin()->second;
    const auto says = [&](const char* piece) { return name.find(piece) != std::string::npos; };
    EXPECT_EQ(scheme.weight.kind == NumberKind::floating, says("fp8")) << name;
    EXPECT_EQ(!scheme.weight.symmetric, says("-asym")) << name;
    EXPECT_EQ(scheme.weight.granularity == Granularity::group, says("g64") || says("g128")) << name;
    if (says("g64")) {
      EXPECT_EQ(scheme.weight.group, 64) << name;
    }
    if (says("g128")) {
      EXPECT_EQ(scheme.weight.group, 128) << name;
    }
    const int bits = says("w3") ? 3 : says("w4") ? 4 : 8;
    EXPECT_EQ(scheme.weight.bits, bits) << name;
    EXPECT_EQ(scheme.input.has_value(), says("a8") || says("fp8")) << name;
    for (const auto& method : recipe.methods) {
      EXPECT_TRUE(says(method.name.c_str()) || says("fp8")) << name;
    }
  }
}

}  // namespace
}  // namespace halftone
