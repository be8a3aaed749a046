// One linear with given weights and inputs, quantized by a method.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "halftone/model/block_builder.h"
#include "halftone/plugin/method.h"
#include "halftone/recipe/yaml.h"

namespace halftone {

MethodPlugin method_gptq();
MethodPlugin method_rtn();

inline std::unique_ptr<Method> make_method(const std::string& name, const std::string& params, Faults& faults) {
  for (const auto& plugin : {method_gptq(), method_rtn()}) {
    if (plugin.name == name) return plugin.make(parse_yaml(params, "r.yaml"), faults);
  }
  return nullptr;
}

struct MethodRun {
  QuantizedTensor quantized;
  Json record;
};

// weight [out, in]; x [rows, in]; modality [rows] or undefined for text.
inline MethodRun run_method(const std::string& name, const std::string& params, const Tensor& weight,
                            const Scheme& scheme, const Tensor& x, Tensor modality = {}) {
  Faults faults;
  const auto method = make_method(name, params, faults);
  EXPECT_TRUE(faults.empty());
  ModelGraph graph;
  BlockBuilder b(graph, "block", Stage::language);
  const SpaceId in = b.space("in", weight.size(1)), out = b.space("out", weight.size(0));
  b.linear({.name = "w", .module = {"w", {}}, .output = {out}, .input = {in}});
  b.finish();
  const Block& block = graph.blocks[0];
  BlockWeights weights;
  weights.values = {weight};
  weights.quantized.resize(1);
  const SiteSchemes sites = {{&block.sites[0], scheme}};
  BlockStatistics statistics;
  if (!modality.defined()) modality = at::zeros({x.size(0)}, at::kByte);
  for (const auto& request : method->needs(graph, block, sites).statistics)
    statistics.obtain(request.site->input, request.key, [&] { return request.make(at::kCPU); })
        .add({x, modality});
  MethodRun result;
  BlockSession session(graph, block, weights, sites, statistics, 1,
                       [&](const Record& record) { result.record = record.fields; });
  method->apply(session);
  result.quantized = *weights.quantized[0];
  return result;
}

inline Scheme channel_scheme(int bits) {
  return {{bits, NumberKind::integer, true, Granularity::channel, 128, DType::f32}, {}};
}

}  // namespace halftone
