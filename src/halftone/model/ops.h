// The narrow waist of forwards: a family's forward is written once against these few calls, and observing,
// fake-quantizing and dumping happen here.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "halftone/model/block.h"
#include "halftone/model/weights.h"
#include "halftone/tensor/tensor.h"

namespace halftone {

// What may happen besides the forward itself. Empty functions do nothing.
struct OpsTaps {
  std::function<void(const Site&, const Tensor& x)> input;            // x [rows, in] that enters a site
  std::function<Tensor(const Site&, const Tensor& x)> quantize;       // what a site reads instead of x
  std::function<void(const std::string& name, const Tensor&)> trace;  // every named tensor
  // What causal attention gives instead of attention() over the rows at hand: a cache adds what it has.
  std::function<Tensor(const Block&, const Tensor& q, const Tensor& k, const Tensor& v, const Spans&,
                       double scale)>
      attend;
  // A site whose output nobody reads: its product is skipped and zeros are returned.
  const Site* unread = nullptr;
};

class Ops final {
 public:
  // All references must outlive the object. `compute` is the type of activations and products.
  Ops(const Block& block, const BlockWeights& weights, at::ScalarType compute, OpsTaps taps = {});

  // x [rows, in] W^T + bias, for the site at that index of the block.
  Tensor linear(int site, const Tensor& x);
  // Causal attention within each span, as attention() of nn/attention.h: q [rows, heads, dim], k and v
  // [rows, kv_heads, dim] -> [rows, heads * dim].
  Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v, const Spans& spans, double scale);
  // The elementwise step at that index of Block::links.
  Tensor link(int index, const Tensor& x);
  // Rows of a table by index: ids [n] int64 -> [n, dim].
  Tensor rows(SlotId table, const Tensor& ids);
  // A small weight as it is, in the compute type.
  Tensor value(SlotId slot);
  // A named tensor passes by: shown to the trace. Returns x.
  Tensor point(const std::string& name, const Tensor& x);

  at::ScalarType compute() const { return compute_; }

 private:
  const Block& block_;
  const BlockWeights& weights_;
  at::ScalarType compute_;
  OpsTaps taps_;
};

// The block's whole forward: its segments one after the other.
Flow run_block(const Block& block, Ops& ops, Flow flow);

}  // namespace halftone
