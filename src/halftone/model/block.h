// A block is the unit of streaming: its weights as rows of a table, the places where weights meet activations,
// and its forward as a list of plain functions. Structure is data; see parts/ for how blocks are made.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "halftone/model/flow.h"
#include "halftone/model/space.h"

namespace halftone {

class Ops;

enum class Stage { vision, bridge, language, head };
const char* stage_name(Stage stage);

// Which rows of a checkpoint tensor a slot owns. Rows come in periods: of every `period` rows those from
// `offset` on, `count` of them. A plain tensor has one period of all its rows; fused projections have one
// period (q, then k, then v) or one per kv head (q heads of the group, k, v, again and again). Reversible: the
// slots of a fused tensor together are the tensor.
struct RowPattern {
  std::int64_t period = 0;  // 0: plain, all rows
  std::int64_t offset = 0;
  std::int64_t count = 0;

  bool plain() const { return period == 0; }
  bool operator==(const RowPattern&) const = default;
};

// Where a slot lives in the checkpoint.
struct TensorPart {
  std::string tensor;  // checkpoint name
  RowPattern rows;
};

enum class Role {
  matrix,  // [out, in], applied to an activation
  bias,    // [out], added to a matrix's output
  gain,    // [dim], multiplies elementwise (norm weight, layer scale)
  shift,   // [dim], added elementwise after a gain (layer norm bias)
  table,   // [n, dim], rows added or looked up (embeddings, positions)
};

using SlotId = int;  // index into Block::slots

// One weight.
struct Slot {
  std::string name;  // canonical: "language.3.q", "language.3.q.bias"
  TensorPart part;
  Role role = Role::matrix;
  std::vector<std::int64_t>
      shape;               // as the forward uses it; the checkpoint's may be a reshape of it (convolutions)
  std::vector<Axis> axes;  // label of each axis of `shape`
  std::vector<std::int64_t> file_shape;  // the checkpoint tensor's own shape
  bool lookup = false;                   // rows are read one by one, the whole is never loaded
};

// A place where a weight meets an activation: what schemes, methods and reports talk about.
struct Site {
  std::string name;  // "language.3.down"
  SlotId weight = -1;
  std::optional<SlotId> bias;
  Axis input, output;
  Stage stage = Stage::language;
  bool convolution = false;  // a patch convolution: engines know no low-bit kernels for it
  bool tied = false;         // its tensor is the token embedding too
};

enum class NormKind { none, rms, layer };

// An elementwise step from one space to another: to = norm(from) * gain + shift. kind none: a layer scale.
struct Link {
  std::string name;  // "language.3.attn_norm"
  NormKind kind = NormKind::rms;
  SlotId gain = -1;
  std::optional<SlotId> shift;
  SpaceId from = -1, to = -1;
  std::int64_t copies = 1;  // a norm over several tiled copies of `from`
  double eps = 1e-6;
};

// A piece of a block's forward that can run alone; includes its residual addition. Free of state.
struct Segment {
  std::string name;  // "attn", "mlp"
  std::function<Flow(Ops&, const Flow&)> run;
};

struct Block {
  std::string name;  // "patch_embed", "vision.0", "bridge", "embed", "language.0", "head"
  Stage stage = Stage::language;
  std::vector<Slot> slots;
  std::vector<Site> sites;
  std::vector<Link> links;
  std::vector<Segment> segments;  // the forward is their composition

  const Site* find_site(const std::string& site_name) const;
};

}  // namespace halftone
