#include "halftone/model/block_builder.h"

#include "halftone/base/error.h"

namespace halftone {

SpaceId add_space(ModelGraph& graph, Space space) {
  graph.spaces.push_back(std::move(space));
  return static_cast<SpaceId>(graph.spaces.size()) - 1;
}

BlockBuilder::BlockBuilder(ModelGraph& graph, std::string name, Stage stage) : graph_(graph) {
  block_.name = std::move(name);
  block_.stage = stage;
}

SpaceId BlockBuilder::space(const std::string& name, std::int64_t dim, Admits admits, std::int64_t head_dim) {
  return add_space(graph_, {block_.name + "." + name, dim, admits, head_dim});
}

SlotId BlockBuilder::slot(Slot slot) {
  if (slot.file_shape.empty()) slot.file_shape = slot.shape;
  // A fused tensor is as tall as all its periods together.
  const RowPattern& rows = slot.part.rows;
  if (!rows.plain()) slot.file_shape[0] = slot.shape[0] / rows.count * rows.period;
  block_.slots.push_back(std::move(slot));
  return static_cast<SlotId>(block_.slots.size()) - 1;
}

std::int64_t BlockBuilder::width(const Axis& axis) const { return graph_.space(axis.space).dim * axis.copies; }

int BlockBuilder::linear(const LinearSpec& spec) {
  const std::string name = block_.name == spec.name ? spec.name : block_.name + "." + spec.name;
  Site site{name, -1, {}, spec.input, spec.output, block_.stage, spec.convolution, spec.tied};
  const std::int64_t out = width(spec.output), in = width(spec.input);
  site.weight = slot({name,
                      {spec.module.tensor + ".weight", spec.module.rows},
                      Role::matrix,
                      {out, in},
                      {spec.output, spec.input},
                      spec.file_shape});
  if (spec.bias) {
    site.bias = slot({name + ".bias",
                      {spec.module.tensor + ".bias", spec.module.rows},
                      Role::bias,
                      {out},
                      {spec.output},
                      {}});
  }
  block_.sites.push_back(std::move(site));
  return static_cast<int>(block_.sites.size()) - 1;
}

int BlockBuilder::link(const LinkSpec& spec) {
  const std::int64_t dim = graph_.space(spec.to).dim;
  Link link{block_.name + "." + spec.name, spec.kind, -1, {}, spec.from, spec.to, 1, spec.eps};
  link.copies = dim / graph_.space(spec.from).dim;
  link.gain = slot({link.name, {spec.gain, {}}, Role::gain, {dim}, {{spec.to}}, {}});
  if (spec.shift)
    link.shift = slot({link.name + ".shift", {*spec.shift, {}}, Role::shift, {dim}, {{spec.to}}, {}});
  block_.links.push_back(std::move(link));
  return static_cast<int>(block_.links.size()) - 1;
}

SlotId BlockBuilder::table(const std::string& name, const std::string& tensor, std::int64_t rows, SpaceId space,
                           bool lookup, std::vector<std::int64_t> file_shape) {
  Slot entry{block_.name + "." + name,        {tensor, {}},    Role::table,
             {rows, graph_.space(space).dim}, {{-1}, {space}}, std::move(file_shape)};
  entry.lookup = lookup;
  return slot(std::move(entry));
}

void BlockBuilder::segment(const std::string& name, std::function<Flow(Ops&, const Flow&)> run) {
  block_.segments.push_back({name, std::move(run)});
}

void BlockBuilder::finish() { graph_.blocks.push_back(std::move(block_)); }

}  // namespace halftone
