#include "halftone/parts/projector.h"

#include "halftone/model/ops.h"

namespace halftone {
namespace {

struct Projector {
  int norm = -1, fc1, fc2;
};

// The space that fc1 reads: behind the norm, or the tower's own stream.
Axis input_axis(BlockBuilder& b, const ModelGraph& graph, const ProjectorConfig& c) {
  if (!c.norm) return {c.from, c.merged};
  const std::int64_t dim = graph.space(c.from).dim;
  const Admits diagonal{.diagonal = true};
  if (c.norm_after_merge) return {b.space("in", dim * c.merged, diagonal)};
  return {b.space("in", dim, diagonal), c.merged};
}

Tensor forward(const ProjectorConfig& config, const Projector& p, Ops& ops, const Flow& flow) {
  Tensor x = flow.hidden;
  if (config.norm && !config.norm_after_merge) x = ops.link(p.norm, x);
  x = config.merge(x, *flow.batch);
  if (config.norm && config.norm_after_merge) x = ops.link(p.norm, x);
  const Tensor out = ops.linear(p.fc2, activate(config.activation, ops.linear(p.fc1, x)));
  return ops.point("image_features", out);
}

}  // namespace

Tensor merge_neighbours(const Tensor& rows, std::int64_t grid, std::int64_t side, bool by_column) {
  const std::int64_t groups = grid / side, dim = rows.size(1);
  const Tensor split = rows.view({-1, groups, side, groups, side, dim});
  const Tensor ordered = by_column ? split.permute({0, 3, 1, 2, 4, 5}) : split.permute({0, 1, 3, 2, 4, 5});
  return ordered.reshape({-1, side * side * dim});
}

void add_projector(ModelGraph& graph, const ProjectorConfig& config) {
  BlockBuilder b(graph, "bridge", Stage::bridge);
  const Axis input = input_axis(b, graph, config);
  const SpaceId mid = b.space("mid", config.mid);
  Projector p{};
  if (config.norm) {
    std::optional<std::string> shift;
    if (*config.norm == NormKind::layer) shift = config.norm_module + ".bias";
    p.norm = b.link({"norm", *config.norm, config.norm_module + ".weight", shift, config.from, input.space,
                     config.norm_eps});
  }
  p.fc1 = b.linear(
      {.name = "fc1", .module = {config.fc1_module, {}}, .bias = config.bias, .output = {mid}, .input = input});
  p.fc2 = b.linear({.name = "fc2",
                    .module = {config.fc2_module, {}},
                    .bias = config.bias,
                    .output = {config.to},
                    .input = {mid}});
  b.segment("project", [=](Ops& ops, const Flow& flow) -> Flow {
    return {forward(config, p, ops, flow), flow.batch, flow.side};
  });
  b.finish();
}

}  // namespace halftone
