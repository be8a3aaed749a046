#include "halftone/stream/dequantized_source.h"

#include "tests/expect_error.h"
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "halftone/base/error.h"

namespace halftone {
namespace {

// Codes and scales side by side, unpacked: small enough to compute with on paper.
class PlainFormat final : public Format {
 public:
  std::string name() const override { return "plain"; }
  std::string summary() const override { return ""; }
  std::optional<std::string> refuse(const ModuleFacts&) const override { return std::nullopt; }
  std::vector<TensorPlan> tensors(const ModuleFacts& m) const override {
    return {{m.module + ".codes", DType::i8, {m.rows, m.columns}},
            {m.module + ".weight_scale", DType::f32, {m.rows, 1}}};
  }
  void write(const ModuleFacts&, const QuantizedTensor&, SafetensorsSink&) const override {}
  QuantizedTensor read(const ModuleFacts& m, TensorSource& source) const override {
    return {m.scheme->weight, source.read(source.at(m.module + ".codes")),
            source.read(source.at(m.module + ".weight_scale")), Tensor()};
  }
  Json config(const std::vector<ModuleFacts>&, const std::map<Stage, ModuleNames>&) const override {
    return nullptr;
  }
  bool recognizes(const Json&) const override { return false; }
  void read_schemes(const Json&, const TensorSource&, std::vector<ModuleFacts>&) const override {}
};

ModuleFacts module(bool quantized) {
  ModuleFacts m;
  m.module = "a";
  m.rows = 3;
  m.columns = 2;
  m.file_shape = {3, 2};
  if (quantized) m.scheme = Scheme{{.bits = 4, .granularity = Granularity::channel}, std::nullopt};
  return m;
}

MemorySource stored(const std::vector<float>& scales) {
  return MemorySource({{"a.codes", at::tensor({1, -2, 3, -4, 5, -6}, at::kChar).view({3, 2})},
                       {"a.weight_scale", at::tensor(scales).view({-1, 1})},
                       {"norm", at::tensor({7.0f})}});
}

TEST(DequantizedSource, ShowsCodeTimesScaleUnderThePlainName) {
  MemorySource files = stored({1, 0.5, 0.25});
  const PlainFormat format;
  DequantizedSource source(files, format, {module(true)});
  EXPECT_EQ(source.list().size(), 2u);
  EXPECT_EQ(source.find("a.codes"), nullptr);
  const TensorInfo& info = source.at("a.weight");
  EXPECT_EQ(info.dtype, DType::f32);
  EXPECT_EQ(info.bytes, 24u);
  EXPECT_TRUE(at::equal(source.read(info), at::tensor({1.f, -2.f, 1.5f, -2.f, 1.25f, -1.5f}).view({3, 2})));
  EXPECT_TRUE(at::equal(source.read(info, 1, 1), at::tensor({1.5f, -2.f}).view({1, 2})));
  EXPECT_TRUE(at::equal(source.read(info, 2), at::tensor({1.25f, -1.5f}).view({1, 2})));
  EXPECT_TRUE(at::equal(source.read(source.at("norm")), at::tensor({7.0f})));
}

TEST(DequantizedSource, PassesAFloatModelThrough) {
  MemorySource files = stored({1, 1, 1});
  const PlainFormat format;
  DequantizedSource source(files, format, {module(false)});
  EXPECT_EQ(source.list().size(), 3u);
}

TEST(DequantizedSource, RefusesTensorsThatTheSchemeDoesNotMake) {
  MemorySource files = stored({1, 1});
  const PlainFormat format;
  expect_error(ErrorKind::input, {"\"a.weight_scale\"", "[2, 1]", "[3, 1]"},
               [&] { DequantizedSource(files, format, {module(true)}); });
  MemorySource none({{"norm", at::tensor({7.0f})}});
  expect_error(ErrorKind::input, {"a.codes"}, [&] { DequantizedSource(none, format, {module(true)}); });
}

}  // namespace
}  // namespace halftone
