#include "halftone/model/basis_change.h"

#include <algorithm>

#include <ATen/ops/bmm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros_like.h>

#include "halftone/base/error.h"

namespace halftone {
namespace {

// Products of long chains need more than float32: weights widen before they are changed.
Tensor widened(const Tensor& t) { return t.scalar_type() == at::kDouble ? t : t.to(at::kFloat); }

// Rows of x [rows, n], n = dim * copies, seen so that the last axis runs over one block of Q: [rows, ..., d].
// Tiled copies repeat the blocks; per-head copies repeat each head in place.
Tensor times_orthogonal(const Tensor& x, const Tensor& q, const Axis& axis) {
  const std::int64_t blocks = q.size(0), d = q.size(1), rows = x.size(0);
  const Tensor wide = q.to(x.scalar_type());
  const bool heads = axis.order == CopyOrder::per_head;
  const std::int64_t outer = heads ? 1 : axis.copies, inner = heads ? axis.copies : 1;
  // [rows, outer, blocks, inner, d] -> blocks first, one product a block.
  const Tensor split = x.reshape({rows, outer, blocks, inner, d}).permute({2, 0, 1, 3, 4});
  const Tensor turned = at::bmm(split.reshape({blocks, rows * outer * inner, d}), wide);
  return turned.view({blocks, rows, outer, inner, d}).permute({1, 2, 0, 3, 4}).reshape(x.sizes());
}

struct Change {
  const BasisChange& change;
  const Space& space;

  // x [rows, n] as a reader's columns: W diag(s) or W Q.
  Tensor reader(const Tensor& w, const Axis& axis) const {
    if (change.diagonal.defined()) return w * spread(change.diagonal.to(w.scalar_type()), axis, space);
    return times_orthogonal(w, change.orthogonal, axis);
  }

  // Vectors [rows, n] that live in the space themselves: x / s or x Q.
  Tensor vector(const Tensor& x, const Axis& axis) const {
    if (change.diagonal.defined()) return x / spread(change.diagonal.to(x.scalar_type()), axis, space);
    return times_orthogonal(x, change.orthogonal, axis);
  }
};

void change_site(const Change& change, const Site& site, BlockWeights& weights) {
  Tensor& w = weights.values[static_cast<size_t>(site.weight)];
  HALFTONE_ASSERT(w.defined());
  if (site.input.space == change.change.space) w = change.reader(widened(w), site.input);
  if (site.output.space != change.change.space) return;
  w = change.vector(widened(w).t(), site.output).t().contiguous();
  if (!site.bias) return;
  Tensor& bias = weights.values[static_cast<size_t>(*site.bias)];
  bias = change.vector(widened(bias).unsqueeze(0), site.output)[0];
}

bool is_all(const Tensor& t, double value) { return t.eq(value).all().item<bool>(); }

// Gain one, shift zero: folded.
bool is_plain(const Link& link, const BlockWeights& weights) {
  return is_all(weights.values[static_cast<size_t>(link.gain)], 1) &&
         (!link.shift || is_all(weights.values[static_cast<size_t>(*link.shift)], 0));
}

bool is_layer_scale(const Link& link, SpaceId stream) {
  return link.kind == NormKind::none && link.to == stream;
}

void change_link(const Change& change, const Link& link, BlockWeights& weights) {
  Tensor& gain = weights.values[static_cast<size_t>(link.gain)];
  const bool to = link.to == change.change.space, from = link.from == change.change.space;
  if (!to && !from) return;
  if (change.change.orthogonal.defined()) {
    require(is_plain(link, weights), ErrorKind::internal, "{} must be folded before its space turns",
            link.name);
    return;
  }
  require(to || link.kind == NormKind::none, ErrorKind::internal, "{} forbids a diagonal change of its input",
          link.name);
  const Tensor& s = change.change.diagonal;
  gain = to ? widened(gain) / s : widened(gain) * s;
  if (!to || !link.shift) return;
  Tensor& shift = weights.values[static_cast<size_t>(*link.shift)];
  shift = widened(shift) / s;
}

// gain and shift of a norm move into the matrices that read it.
void fold_into_readers(const ModelGraph& graph, const Block& block, BlockWeights& weights, const Link& link) {
  const Tensor gain = widened(weights.values[static_cast<size_t>(link.gain)]);
  const Tensor shift = link.shift ? widened(weights.values[static_cast<size_t>(*link.shift)]) : Tensor();
  for (const auto& site : block.sites) {
    if (site.input.space != link.to) continue;
    Tensor& w = weights.values[static_cast<size_t>(site.weight)];
    if (shift.defined() && !is_all(shift, 0)) {
      require(site.bias.has_value(), ErrorKind::internal, "{} has no bias to take the shift of {}", site.name,
              link.name);
      Tensor& bias = weights.values[static_cast<size_t>(*site.bias)];
      bias = widened(bias) + at::matmul(widened(w), spread(shift, site.input, graph.space(link.to)));
    }
    w = widened(w) * spread(gain, site.input, graph.space(link.to));
  }
}

// The gain of a layer scale moves into the matrices that feed it.
void fold_into_producers(const Block& block, BlockWeights& weights, const Link& link) {
  const Tensor gain = widened(weights.values[static_cast<size_t>(link.gain)]);
  for (const auto& site : block.sites) {
    if (site.output.space != link.from) continue;
    Tensor& w = weights.values[static_cast<size_t>(site.weight)];
    w = widened(w) * gain.unsqueeze(1);
    if (!site.bias) continue;
    Tensor& bias = weights.values[static_cast<size_t>(*site.bias)];
    bias = widened(bias) * gain;
  }
}

}  // namespace

void apply(const BasisChange& change, const ModelGraph& graph, const Block& block, BlockWeights& weights) {
  HALFTONE_ASSERT(change.diagonal.defined() != change.orthogonal.defined());
  const Change work{change, graph.space(change.space)};
  for (const auto& site : block.sites) change_site(work, site, weights);
  for (const auto& link : block.links) change_link(work, link, weights);
  for (size_t i = 0; i < block.slots.size(); ++i) {
    const Slot& slot = block.slots[i];
    if (slot.role != Role::table || slot.axes.back().space != change.space) continue;
    require(weights.values[i].defined(), ErrorKind::internal, "{} must be in memory to change its basis",
            slot.name);
    const Tensor value = widened(weights.values[i]);
    weights.values[i] = work.vector(value.view({-1, value.size(-1)}), slot.axes.back()).view(value.sizes());
  }
}

void fold_links(const ModelGraph& graph, const Block& block, BlockWeights& weights, SpaceId stream) {
  for (const auto& link : block.links) {
    if (link.kind != NormKind::none && link.from == stream) {
      fold_into_readers(graph, block, weights, link);
    } else if (is_layer_scale(link, stream)) {
      fold_into_producers(block, weights, link);
    } else {
      continue;
    }
    Tensor& gain = weights.values[static_cast<size_t>(link.gain)];
    gain = at::ones_like(gain);
    if (!link.shift) continue;
    Tensor& shift = weights.values[static_cast<size_t>(*link.shift)];
    shift = at::zeros_like(shift);
  }
}

std::vector<BasisChange> stream_rotation(const ModelGraph& graph, SpaceId stream, const Tensor& q) {
  std::vector<BasisChange> changes = {{stream, {}, q.unsqueeze(0)}};
  for (const auto& block : graph.blocks) {
    for (const auto& link : block.links) {
      const bool norm_of_stream = link.kind != NormKind::none && link.from == stream;
      const bool scale_into_stream = is_layer_scale(link, stream);
      if (norm_of_stream) {
        changes.push_back({link.to, {}, q.unsqueeze(0).expand({link.copies, q.size(0), q.size(1)})});
      } else if (scale_into_stream) {
        changes.push_back({link.from, {}, q.unsqueeze(0)});
      }
    }
  }
  return changes;
}

void centre_producers(const Block& block, BlockWeights& weights, SpaceId stream) {
  const auto centred = [](const Tensor& rows) { return rows - rows.mean(-1, /*keepdim=*/true); };
  const auto writes = [&](const Axis& axis) {
    return axis.space == stream || std::any_of(block.links.begin(), block.links.end(), [&](const Link& link) {
             return is_layer_scale(link, stream) && link.from == axis.space;
           });
  };
  for (const auto& link : block.links) {
    const bool folded = !is_layer_scale(link, stream) || is_plain(link, weights);
    require(folded, ErrorKind::internal, "{} must be folded before its stream is centred", link.name);
  }
  for (size_t i = 0; i < block.slots.size(); ++i) {
    const Slot& slot = block.slots[i];
    Tensor& value = weights.values[i];
    const bool matrix = slot.role == Role::matrix && writes(slot.axes[0]);
    const bool vector = (slot.role == Role::bias || slot.role == Role::table) && writes(slot.axes.back());
    HALFTONE_ASSERT((!matrix && !vector) || value.defined());
    if (matrix) value = centred(widened(value).t()).t().contiguous();
    if (vector) value = centred(widened(value));
  }
}

Tensor spread(const Tensor& vector, const Axis& axis, const Space& space) {
  if (axis.copies == 1) return vector;
  if (axis.order == CopyOrder::tile) return vector.repeat({axis.copies});
  return vector.view({-1, 1, space.head_dim}).expand({-1, axis.copies, space.head_dim}).reshape({-1});
}

}  // namespace halftone
