#include "halftone/model/ops.h"

#include <algorithm>

#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>

#include "halftone/base/error.h"
#include "halftone/nn/norm.h"

namespace halftone {
namespace {

constexpr std::int64_t kWideBytes = 256 << 20;  // a matrix above this is widened in pieces of its rows

template <class Item>
const Item& item(const std::vector<Item>& items, int index) {
  return items[static_cast<size_t>(index)];
}

// x W^T for a matrix (a vocabulary) too large to hold twice.
Tensor linear_in_pieces(const Tensor& x, const Tensor& weight, std::int64_t piece) {
  std::vector<Tensor> parts;
  for (std::int64_t first = 0; first < weight.size(0); first += piece) {
    const std::int64_t count = std::min(piece, weight.size(0) - first);
    parts.push_back(at::linear(x, weight.narrow(0, first, count).to(x.scalar_type())));
  }
  return at::cat(parts, -1);
}

}  // namespace

Ops::Ops(const Block& block, const BlockWeights& weights, at::ScalarType compute, OpsTaps taps)
    : block_(block), weights_(weights), compute_(compute), taps_(std::move(taps)) {}

Tensor Ops::linear(int site_index, const Tensor& x) {
  const Site& site = item(block_.sites, site_index);
  const std::vector<std::int64_t>& shape = item(block_.slots, site.weight).shape;
  if (taps_.input) taps_.input(site, x);
  if (&site == taps_.unread) return at::zeros({1, 1}, x.options()).expand({x.size(0), shape[0]});
  const Tensor input = taps_.quantize ? taps_.quantize(site, x) : x;
  if (taps_.trace) taps_.trace(site.name + ".input", input);
  const Tensor bias = site.bias ? value(*site.bias) : Tensor();
  const Tensor& stored = item(weights_.values, site.weight);
  const std::int64_t row_bytes = shape[1] * static_cast<std::int64_t>(c10::elementSize(compute_));
  const bool pieces = stored.defined() && stored.scalar_type() != compute_ && shape[0] * row_bytes > kWideBytes;
  const Tensor out = pieces ? linear_in_pieces(input, stored, kWideBytes / row_bytes)
                            : at::linear(input, weights_.matrix(site.weight, compute_), bias);
  if (taps_.trace) taps_.trace(site.name, pieces && bias.defined() ? out + bias : out);
  return pieces && bias.defined() ? out + bias : out;
}

Tensor Ops::attend(const Tensor& q, const Tensor& k, const Tensor& v, const Spans& spans, double scale) {
  if (taps_.attend) return taps_.attend(block_, q, k, v, spans, scale);
  return attention(q, k, v, spans, /*causal=*/true, scale);
}

Tensor Ops::link(int index, const Tensor& x) {
  const Link& link = item(block_.links, index);
  const Tensor gain = value(link.gain), shift = link.shift ? value(*link.shift) : Tensor();
  Tensor out;
  switch (link.kind) {
    case NormKind::none: out = shift.defined() ? x * gain + shift : x * gain; break;
    case NormKind::rms: out = rms_norm(x, gain, link.eps); break;
    case NormKind::layer: out = layer_norm(x, gain, shift, link.eps); break;
  }
  if (taps_.trace) taps_.trace(link.name, out);
  return out;
}

Tensor Ops::rows(SlotId table, const Tensor& ids) {
  const Tensor& stored = item(weights_.values, table);
  const Tensor picked = stored.defined() ? stored.index_select(0, ids) : weights_.lookup(table, ids);
  return picked.to(compute_);
}

Tensor Ops::value(SlotId slot) { return item(weights_.values, slot).to(compute_); }

Tensor Ops::point(const std::string& name, const Tensor& x) {
  if (taps_.trace) taps_.trace(name, x);
  return x;
}

Flow run_block(const Block& block, Ops& ops, Flow flow) {
  for (const auto& segment : block.segments) flow = segment.run(ops, flow);
  return flow;
}

}  // namespace halftone
