// Every format and every scheme: refused with a reason, or written and read back exactly, in the bytes planned.
#include "tests/formats/format_files.h"
#include "tests/property/method_fixture.h"
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>

#include "halftone/tensor/dtype.h"

namespace halftone::test {
namespace {

using Shape = std::pair<std::int64_t, std::int64_t>;
constexpr Shape kShapes[] = {{64, 128}, {7, 96}, {1, 32}, {33, 33}, {5, 1}, {3, 160}};

std::vector<Scheme> schemes() {
  std::vector<Scheme> all;
  for (const int bits : {2, 3, 4, 5, 6, 7, 8}) {
    for (const bool symmetric : {true, false}) {
      for (const Granularity granularity : {Granularity::group, Granularity::channel, Granularity::tensor}) {
        Scheme scheme{{bits, NumberKind::integer, symmetric, granularity, 32, DType::bf16}, {}};
        all.push_back(scheme);
        scheme.input = InputScheme{};
        all.push_back(scheme);
      }
    }
  }
  for (const Granularity granularity : {Granularity::channel, Granularity::tensor}) {
    Scheme scheme{{8, NumberKind::floating, true, granularity, 32, DType::bf16}, {}};
    all.push_back(scheme);
    scheme.input = InputScheme{8, NumberKind::floating};
    all.push_back(scheme);
  }
  for (const DType dtype : {DType::f16, DType::f32}) {
    all.push_back(all[8]);
    all.back().weight.scale_dtype = dtype;
  }
  return all;
}

ModuleFacts facts(const Scheme& scheme, Shape shape) {
  ModuleFacts m;
  m.module = "layers.3.down";
  std::tie(m.rows, m.columns) = shape;
  m.file_shape = {m.rows, m.columns};
  m.scheme = scheme;
  return m;
}

// Any codes, scales and zero points that the scheme allows, the ends of their ranges among them.
QuantizedTensor any_tensor(const ModuleFacts& m) {
  const WeightScheme& w = m.scheme->weight;
  const bool single = w.granularity == Granularity::tensor;
  QuantizedTensor q{w, {}, {}, {}};
  q.codes = at::randint(w.code_min(), w.code_max() + 1, {m.rows, m.columns}, at::kInt).to(at::kChar);
  q.codes.view({-1})[0].fill_(w.code_min());
  q.codes.view({-1})[-1].fill_(w.code_max());
  if (w.kind == NumberKind::floating)
    q.codes = (at::randn({m.rows, m.columns}) * 100).clamp(-448, 448).to(at::kFloat8_e4m3fn);
  const std::int64_t groups = m.columns / w.columns_per_scale(m.columns);
  q.scale = (at::rand({single ? 1 : m.rows, groups}) + 1e-4).to(to_scalar_type(w.scale_dtype)).to(at::kFloat);
  if (!w.symmetric)
    q.zero = at::randint(w.code_min(), w.code_max() + 1, {single ? 1 : m.rows, groups}, at::kInt).to(at::kChar);
  if (single) q.scale = q.scale.expand({m.rows, groups}).contiguous();
  if (single && q.zero.defined()) q.zero = q.zero.expand({m.rows, groups}).contiguous();
  return q;
}

std::uint64_t planned_bytes(const std::vector<TensorPlan>& plan) {
  std::uint64_t bytes = 0;
  for (const auto& tensor : plan)
    bytes += static_cast<std::uint64_t>(c10::multiply_integers(tensor.shape) * dtype_bytes(tensor.dtype));
  return bytes;
}

class FormatRoundtrip : public testing::TestWithParam<std::string> {
 protected:
  // Runs body for every scheme and shape that the format takes; returns how many those are.
  template <class Body>
  int for_accepted(const Body& body) {
    at::manual_seed(6);
    int accepted = 0;
    for (const Scheme& scheme : schemes()) {
      for (const Shape& shape : kShapes) {
        SCOPED_TRACE(fmt::format("{} [{}, {}]", scheme_text(scheme), shape.first, shape.second));
        const ModuleFacts m = facts(scheme, shape);
        const auto reason = format_->refuse(m);
        EXPECT_NE(reason, "");
        const bool whole =
            scheme.weight.granularity != Granularity::group || shape.second % scheme.weight.group == 0;
        if (reason || !whole) continue;  // the engine refuses ragged groups for every format
        ++accepted;
        body(m, any_tensor(m));
      }
    }
    return accepted;
  }
  std::unique_ptr<Format> format_ = format_named(GetParam());
};

TEST_P(FormatRoundtrip, WritesWhatItPlanned) {
  const int accepted = for_accepted([&](const ModuleFacts& m, const QuantizedTensor& q) {
    const FormatFiles files(*format_, m, q);
    const auto plan = format_->tensors(m);
    EXPECT_EQ(files.bytes, planned_bytes(plan));
    EXPECT_EQ(files.source->list().size(), plan.size());
    for (const auto& tensor : plan) {
      const TensorInfo& info = files.source->at(tensor.name);
      EXPECT_EQ(info.dtype, tensor.dtype);
      EXPECT_EQ(info.shape, tensor.shape);
      EXPECT_TRUE(tensor.name.starts_with(m.module + ".")) << tensor.name;
    }
  });
  EXPECT_GT(accepted, 0);
}

// Formats without a quantization config hold plain weights: the dequantized values, rounded once.
TEST_P(FormatRoundtrip, ReadsBackWhatItWrote) {
  const std::map<Stage, ModuleNames> names = {{Stage::language, {"layers.", ".*layers\\."}}};
  for_accepted([&](const ModuleFacts& m, const QuantizedTensor& q) {
    const FormatFiles files(*format_, m, q);
    const Json config = format_->config({m}, names);
    if (config.is_null()) {
      const Tensor plain = files.tensor(m.module + ".weight");
      EXPECT_TRUE(same_bytes(plain.view({m.rows, m.columns}), dequantize(q, to_scalar_type(m.dtype))));
      return;
    }
    const QuantizedTensor read = format_->read(m, *files.source);
    EXPECT_EQ(read.scheme, q.scheme);
    EXPECT_TRUE(same_bytes(read, q));
  });
}

// What the config says, with what the tensors are, is the scheme that was written.
TEST_P(FormatRoundtrip, TheConfigTellsTheScheme) {
  const std::map<Stage, ModuleNames> names = {{Stage::language, {"layers.", ".*layers\\."}}};
  for_accepted([&](const ModuleFacts& m, const QuantizedTensor& q) {
    const Json config = format_->config({m}, names);
    if (config.is_null()) return;
    const Json root = {{"quantization_config", config}};
    EXPECT_TRUE(format_->recognizes(root));
    std::vector<ModuleFacts> modules = {m};
    modules[0].scheme.reset();
    const FormatFiles files(*format_, m, q);
    format_->read_schemes(root, *files.source, modules);
    ASSERT_TRUE(modules[0].scheme.has_value());
    EXPECT_EQ(scheme_text(*modules[0].scheme), scheme_text(*m.scheme));
    EXPECT_EQ(modules[0].scheme->weight.scale_dtype, m.scheme->weight.scale_dtype);
  });
}

// Two formats that claim one config could not be told apart.
TEST_P(FormatRoundtrip, NoOtherFormatClaimsItsConfig) {
  const ModuleFacts m = facts(schemes().front(), kShapes[0]);
  const Json config = format_->config({m}, {{Stage::language, {"layers.", ".*layers\\."}}});
  for (const auto& other : all_formats()) {
    const bool claims = other->recognizes({{"quantization_config", config}});
    EXPECT_EQ(claims, !config.is_null() && other->name() == format_->name()) << other->name();
  }
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const auto& format : all_formats()) names.push_back(format->name());
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, FormatRoundtrip, testing::ValuesIn(format_names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace halftone::test
