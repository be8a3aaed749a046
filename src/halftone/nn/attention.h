// Scaled dot-product attention over packed sequences: rows of many sequences stand in one matrix, no padding.
#pragma once

#include <cstdint>
#include <vector>

#include "halftone/tensor/tensor.h"

namespace halftone {

// Row ranges of consecutive sequences: sequence i takes rows [offsets[i], offsets[i + 1]).
struct Spans {
  std::vector<std::int64_t> offsets = {0};

  std::size_t count() const { return offsets.size() - 1; }
  std::int64_t rows() const { return offsets.back(); }
  std::int64_t begin(std::size_t i) const { return offsets[i]; }
  std::int64_t size(std::size_t i) const { return offsets[i + 1] - offsets[i]; }
  void add(std::int64_t size) { offsets.push_back(offsets.back() + size); }
};

// softmax(q k^T * scale) v within each span. q [rows, heads, dim]; k, v [rows, kv_heads, dim], kv_heads divides
// heads and head h reads kv head h / (heads / kv_heads). causal: a row sees itself and the rows before it in
// its span. Returns [rows, heads * dim]. Neighbouring spans of one length run as one batch.
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const Spans& spans, bool causal,
                 double scale);

}  // namespace halftone
