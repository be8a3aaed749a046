// Writing blocks down: parts and families declare spaces, matrices, links and segments; names, shapes and roles
// follow.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "halftone/model/graph.h"

namespace halftone {

// A linear, or a patch convolution written as one.
struct LinearSpec {
  std::string name;   // local: "q"
  TensorPart module;  // checkpoint module; ".weight" and ".bias" are added to its name
  bool bias = false;
  Axis output, input;
  std::vector<std::int64_t> file_shape = {};  // when the checkpoint's differs from [out, in]
  bool convolution = false;
  bool tied = false;
};

// A norm or layer scale.
struct LinkSpec {
  std::string name;
  NormKind kind = NormKind::rms;
  std::string gain;                  // checkpoint tensor
  std::optional<std::string> shift;  // checkpoint tensor
  SpaceId from = -1, to = -1;
  double eps = 1e-6;
};

// Adds a space to the graph.
SpaceId add_space(ModelGraph& graph, Space space);

// Builds one block; finish() moves it to the end of the graph.
class BlockBuilder {
 public:
  BlockBuilder(ModelGraph& graph, std::string name, Stage stage);

  // A space of this block: "<block>.<name>".
  SpaceId space(const std::string& name, std::int64_t dim, Admits admits = {}, std::int64_t head_dim = 0);
  // Each returns what the forward passes to Ops: a site index, a link index, a slot.
  int linear(const LinearSpec& spec);
  int link(const LinkSpec& spec);
  SlotId table(const std::string& name, const std::string& tensor, std::int64_t rows, SpaceId space,
               bool lookup = false, std::vector<std::int64_t> file_shape = {});
  void segment(const std::string& name, std::function<Flow(Ops&, const Flow&)> run);
  void finish();

 private:
  SlotId slot(Slot slot);
  std::int64_t width(const Axis& axis) const;
  ModelGraph& graph_;
  Block block_;
};

}  // namespace halftone
