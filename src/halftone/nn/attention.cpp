#include "halftone/nn/attention.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/scaled_dot_product_attention.h>

namespace halftone {
namespace {

// [rows, kv_heads, dim] -> [batch, heads, length, dim], each kv head repeated for its group of query heads.
Tensor batched(const Tensor& x, std::int64_t batch, std::int64_t heads) {
  const std::int64_t length = x.size(0) / batch, own = x.size(1), dim = x.size(2);
  const Tensor view = x.view({batch, length, own, dim}).transpose(1, 2);
  if (own == heads) return view;
  return view.unsqueeze(2).expand({batch, own, heads / own, length, dim}).reshape({batch, heads, length, dim});
}

Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v, std::int64_t batch, bool causal,
              double scale) {
  const std::int64_t rows = q.size(0), heads = q.size(1);
  const Tensor out = at::scaled_dot_product_attention(batched(q, batch, heads), batched(k, batch, heads),
                                                      batched(v, batch, heads), {}, 0.0, causal, scale);
  return out.transpose(1, 2).reshape({rows, heads * v.size(2)});
}

}  // namespace

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const Spans& spans, bool causal,
                 double scale) {
  std::vector<Tensor> parts;
  for (std::size_t i = 0; i < spans.count();) {
    std::size_t next = i + 1;
    while (next < spans.count() && spans.size(next) == spans.size(i)) ++next;
    const std::int64_t first = spans.begin(i), rows = spans.begin(next - 1) + spans.size(next - 1) - first;
    if (rows > 0) {
      parts.push_back(attend(q.narrow(0, first, rows), k.narrow(0, first, rows), v.narrow(0, first, rows),
                             static_cast<std::int64_t>(next - i), causal, scale));
    }
    i = next;
  }
  if (parts.empty()) return at::empty({0, q.size(1) * v.size(2)}, q.options());
  return parts.size() == 1 ? parts.front() : at::cat(parts, 0);
}

}  // namespace halftone
