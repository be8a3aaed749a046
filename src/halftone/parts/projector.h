// From the vision tower to the language model: an optional norm, neighbouring rows merged side by side, two
// matrices with a nonlinearity between.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "halftone/model/block_builder.h"
#include "halftone/model/graph.h"
#include "halftone/nn/activation.h"

namespace halftone {

struct ProjectorConfig {
  SpaceId from = -1, to = -1;  // the tower's stream and the language model's
  std::int64_t merged = 1;     // rows of the tower side by side in one row of the projector
  std::int64_t mid = 0;        // width between the two matrices
  std::optional<NormKind> norm;
  bool norm_after_merge = false;  // one norm over the merged row, else one over each of its parts
  double norm_eps = 1e-6;
  Activation activation = Activation::gelu;
  bool bias = true;
  std::string norm_module, fc1_module, fc2_module;  // checkpoint modules
  // Lays the tower's rows side by side: [rows, d] -> [tokens, merged * d].
  std::function<Tensor(const Tensor& rows, const Batch& batch)> merge;
};

// Lays side x side neighbours of each tile's grid side by side, row by row within the group, as one row of the
// result: [tiles * grid * grid, d] -> [tiles * (grid / side)^2, side * side * d]. The groups follow row by row,
// or column by column.
Tensor merge_neighbours(const Tensor& rows, std::int64_t grid, std::int64_t side, bool by_column = false);

// Adds the block "bridge" with sites "bridge.fc1" and "bridge.fc2"; its output is the picture features, one row
// a picture token.
void add_projector(ModelGraph& graph, const ProjectorConfig& config);

}  // namespace halftone
