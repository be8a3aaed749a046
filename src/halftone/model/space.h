// Spaces: the named feature axes of a model. Every weight axis carries the label of its space, and from the
// labels alone follow who absorbs a scale, who must turn with a rotation, and which linears share an input.
#pragma once

#include <cstdint>
#include <string>

namespace halftone {

// Which changes of basis leave the function alone, given what stands between producers and readers.
struct Admits {
  bool diagonal = false;         // x / s
  bool orthogonal = false;       // x Q, any orthogonal Q (once norm gains are folded)
  bool orthogonal_ones = false;  // x Q, Q orthogonal and Q 1 = 1 (behind a layer norm, gains folded)
  bool head_orthogonal = false;  // x Q, Q block diagonal, one orthogonal block a head
  bool centring = false;         // x - mean(x) before every reader, which turns layer norms into RMS norms
};

struct Space {
  std::string name;  // "language.hidden", "language.3.mlp_mid"
  std::int64_t dim = 0;
  Admits admits;
  std::int64_t head_dim = 0;  // size of a head for spaces made of heads, else 0
};

using SpaceId = int;  // index into ModelGraph::spaces

// How a weight axis covers a space: `copies` times, in the order given.
enum class CopyOrder {
  tile,      // the whole space again and again (a merger that reads four patches side by side)
  per_head,  // each head `copies` times before the next (grouped-query attention: o reads v)
};

struct Axis {
  SpaceId space = -1;  // -1: an axis without a label (vocabulary, pixels)
  std::int64_t copies = 1;
  CopyOrder order = CopyOrder::tile;

  bool operator==(const Axis&) const = default;
};

}  // namespace halftone
