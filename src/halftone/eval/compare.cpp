#include "halftone/eval/compare.h"

#include <ATen/core/grad_mode.h>

#include "halftone/base/error.h"
#include "halftone/stream/prefetcher.h"
#include "halftone/stream/scheme_taps.h"
#include "halftone/tensor/device.h"

namespace halftone {
namespace {

double norm(const Tensor& t) { return t.to(at::kFloat).square().sum(at::kDouble).sqrt().item<double>(); }

void compare_sites(const Block& block, const BlockWeights& a, const BlockWeights& b, Comparison& out) {
  for (const auto& site : block.sites) {
    const Tensor wa = a.matrix(site.weight, at::kFloat), wb = b.matrix(site.weight, at::kFloat);
    const double size = norm(wa), difference = norm(wb - wa);
    if (difference > 0) out.sites.push_back({site.name, size > 0 ? difference / size : difference});
  }
}

void check_same(const Checkpoint& a, const Checkpoint& b) {
  const auto &left = a.spec.graph.blocks, &right = b.spec.graph.blocks;
  require(left.size() == right.size(), ErrorKind::input, "{} has {} blocks, {} has {}", a.directory,
          left.size(), b.directory, right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    for (std::size_t k = 0; k < left[i].slots.size(); ++k) {
      const bool same = k < right[i].slots.size() && left[i].slots[k].name == right[i].slots[k].name &&
                        left[i].slots[k].shape == right[i].slots[k].shape;
      require(same, ErrorKind::input, "{} and {} are different models: {} differs", a.directory, b.directory,
              left[i].slots[k].name);
    }
  }
}

std::vector<LoadOrder> all_blocks(const ModelGraph& graph) {
  std::vector<LoadOrder> orders;
  for (const auto& block : graph.blocks) orders.push_back({&block, {}});
  return orders;
}

}  // namespace

Comparison compare_models(FileSystem& files, const Checkpoint& a, const Checkpoint& b,
                          const std::vector<Sample>& samples, const CompareOptions& options) {
  check_same(a, b);
  const ModelGraph& graph = a.spec.graph;
  std::vector<std::size_t> which(samples.size());
  for (std::size_t i = 0; i < which.size(); ++i) which[i] = i;
  PairMeter meter(graph,
                  make_stream(graph, a.spec.images, files, samples, which, options.micro_batch, options.device),
                  options.compute, options.check);
  Prefetcher from_a(a.source(), all_blocks(graph), options.device),
      from_b(b.source(), all_blocks(b.spec.graph), options.device);
  Comparison out;
  for (std::size_t i = 0; i < graph.blocks.size(); ++i) {
    const Block& block = graph.blocks[i];
    while_computing("comparing block " + block.name, [&] {
      const BlockWeights wa = from_a.next(), wb = from_b.next();
      compare_sites(block, wa, wb, out);
      const OpsTaps taps_a = scheme_taps(a, block), taps_b = scheme_taps(b, b.spec.graph.blocks[i]);
      if (block.stage == Stage::head) return meter.run_head(block, wa, wb, taps_a, taps_b);
      meter.run_a(block, wa, taps_a);
      out.blocks.push_back({block.name, meter.run_b(block, wb, taps_b)});
    });
    const HiddenError error = out.blocks.back().hidden;
    if (out.first_departure.empty() && std::max(error.text, error.vision) > options.threshold)
      out.first_departure = out.blocks.back().block;
    if (options.progress) options.progress(i + 1, graph.blocks.size());
  }
  out.predictions = meter.result();
  return out;
}

Json to_json(const Comparison& c) {
  Json json = to_json(c.predictions), blocks = Json::array(), sites = Json::array();
  for (const auto& b : c.blocks)
    blocks.push_back(
        {{"block", b.block}, {"hidden_error_text", b.hidden.text}, {"hidden_error_vision", b.hidden.vision}});
  for (const auto& s : c.sites) sites.push_back({{"site", s.site}, {"relative_error", s.relative}});
  json["first_departure"] = c.first_departure.empty() ? Json() : Json(c.first_departure);
  json["blocks"] = blocks;
  json["sites"] = sites;
  return json;
}

}  // namespace halftone
