// A block of four linears on correlated inputs with outlier channels, and every method's way through it.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "halftone/api/lists.h"
#include "halftone/model/block_builder.h"
#include "halftone/recipe/yaml.h"

namespace halftone::test {

// A method with its defaults, or with one of its choices set to one of its values.
struct MethodCase {
  std::string name, params;
  bool defaults() const { return params == "{}"; }
};
inline void PrintTo(const MethodCase& c, std::ostream* out) { *out << c.name << " " << c.params; }

inline std::vector<std::string> words_of(const std::string& range) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < range.size();) {
    const std::size_t end = std::min(range.find(" | ", begin), range.size());
    words.push_back(range.substr(begin, end - begin));
    begin = end + 3;
  }
  return words;
}

inline std::vector<MethodCase> method_cases() {
  std::vector<MethodCase> cases;
  for (const auto& plugin : all_methods()) {
    cases.push_back({plugin.name, "{}"});
    for (const auto& param : plugin.params) {
      if (param.type != "choice") continue;
      for (const auto& word : words_of(param.range))
        if (word != param.fallback) cases.push_back({plugin.name, "{" + param.name + ": " + word + "}"});
    }
  }
  return cases;
}

struct MethodCaseName {
  template <class Info>
  std::string operator()(const Info& test) const {
    std::string name = test.param.name + test.param.params;
    std::erase_if(name, [](char c) { return std::string("{}: ").find(c) != std::string::npos; });
    return name;
  }
};

inline std::unique_ptr<Method> build(const MethodCase& method) {
  for (const auto& plugin : all_methods()) {
    if (plugin.name != method.name) continue;
    Faults faults;
    auto made = plugin.make(parse_yaml(method.params, method.name), faults);
    EXPECT_TRUE(faults.empty()) << faults.lines().front();
    return made;
  }
  return nullptr;
}

inline bool same_bytes(const Tensor& a, const Tensor& b) {
  if (a.defined() != b.defined()) return false;
  if (!a.defined()) return true;
  const Tensor x = a.contiguous(), y = b.contiguous();
  return x.sizes() == y.sizes() && x.scalar_type() == y.scalar_type() &&
         std::memcmp(x.const_data_ptr(), y.const_data_ptr(), x.nbytes()) == 0;
}

inline bool same_bytes(const QuantizedTensor& a, const QuantizedTensor& b) {
  return same_bytes(a.codes, b.codes) && same_bytes(a.scale, b.scale) && same_bytes(a.zero, b.zero);
}

inline Scheme weight_scheme(int bits, Granularity granularity, bool symmetric = true) {
  return {{bits, NumberKind::integer, symmetric, granularity, 32, DType::bf16}, {}};
}

class MethodFixture {
 public:
  // Sites 0 and 1 read one axis of 64, sites 2 and 3 another of 96; site 3 is never assigned unless asked.
  explicit MethodFixture(std::uint64_t seed) {
    at::manual_seed(seed);
    BlockBuilder b(graph, "language.0", Stage::language);
    const SpaceId narrow = b.space("narrow", 64), wide = b.space("wide", 96), out = b.space("out", 48);
    b.linear({.name = "q", .module = {"q", {}}, .output = {out}, .input = {narrow}});
    b.linear({.name = "k", .module = {"k", {}}, .bias = true, .output = {narrow}, .input = {narrow}});
    b.linear({.name = "down", .module = {"down", {}}, .output = {out}, .input = {wide}});
    b.linear({.name = "kept", .module = {"kept", {}}, .output = {out}, .input = {wide}});
    b.finish();
    weights.quantized.resize(block().slots.size());
    for (const auto& slot : block().slots)
      weights.values.push_back((at::randn(slot.shape) * 0.05).to(at::kBFloat16));
    for (const SpaceId space : {narrow, wide}) inputs[space] = correlated(graph.space(space).dim);
  }

  const Block& block() const { return graph.blocks.front(); }
  const Site& site(std::size_t index) const { return block().sites[index]; }
  SiteSchemes assign(const std::vector<std::size_t>& which, const Scheme& scheme) const {
    SiteSchemes sites;
    for (const std::size_t index : which) sites.emplace_back(&site(index), scheme);
    return sites;
  }

  // Observes what the method asks for, and adds `decoys`: statistics of other inputs that nobody asked for.
  void observe(const Method& method, const SiteSchemes& sites, BlockStatistics& statistics) const {
    std::set<Statistic*> seen;
    for (const auto& request : method.needs(graph, block(), sites).statistics) {
      Statistic& statistic =
          statistics.obtain(request.site->input, request.key, [&] { return request.make(at::kCPU); });
      if (!seen.insert(&statistic).second) continue;
      const Tensor& x = inputs.at(request.site->input.space);
      statistic.add({x, at::zeros({x.size(0)}, at::kByte)});
    }
  }

  // The weights as the method leaves them.
  BlockWeights run(const Method& method, const SiteSchemes& sites) const {
    BlockStatistics statistics;
    observe(method, sites, statistics);
    return run(method, sites, statistics);
  }
  BlockWeights run(const Method& method, const SiteSchemes& sites, BlockStatistics& statistics) const {
    BlockWeights copy = weights;
    for (auto& value : copy.values) value = value.clone();
    BlockSession session(graph, block(), copy, sites, statistics, 17, {});
    method.apply(session);
    return copy;
  }

  const QuantizedTensor& result(const BlockWeights& after, std::size_t index) const {
    return *after.quantized[static_cast<std::size_t>(site(index).weight)];
  }
  const Tensor& weight(std::size_t index) const {
    return weights.values[static_cast<std::size_t>(site(index).weight)];
  }

  ModelGraph graph;
  BlockWeights weights;
  std::map<SpaceId, Tensor> inputs;  // [rows, dim] of a space

 private:
  // Every channel a mixture of a few causes and a little noise; every 16th twenty times as large.
  static Tensor correlated(std::int64_t dim) {
    Tensor x = at::mm(at::randn({400, dim / 4}), at::randn({dim / 4, dim})) + at::randn({400, dim}) * 0.3;
    for (std::int64_t channel = 5; channel < dim; channel += 16) x.select(1, channel).mul_(20);
    return x;
  }
};

}  // namespace halftone::test
