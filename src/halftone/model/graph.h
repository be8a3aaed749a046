// A model as data: its spaces, its blocks in order, and the few functions that lay samples out for it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "halftone/io/tensor_source.h"
#include "halftone/media/image_policy.h"
#include "halftone/model/block.h"
#include "halftone/model/space.h"

namespace halftone {

// How one picture's rows look to the vision tower.
struct VisionRows {
  std::vector<std::int64_t> segments;  // lengths of its attention segments
  Tensor coordinates;                  // [rows, axes] int64, or undefined
};

// How a stage's modules are called: the checkpoint's prefix, and a Python regex that matches that prefix under
// every name that loaders give it.
struct ModuleNames {
  std::string prefix;   // "model.", "visual."
  std::string pattern;  // "(?!.*visual).*"
};

struct ModelGraph {
  std::vector<Space> spaces;
  std::vector<Block> blocks;  // patch_embed, vision.*, bridge, embed, language.*, head

  std::int64_t image_token = -1;  // id that a picture's features replace; -1: the checkpoint does not tell
  std::int64_t vocabulary = 0;
  std::int64_t max_positions = 0;
  // [axes, tokens] int64 for one sample: ids with pictures expanded, and the layouts of its pictures in order.
  std::function<Tensor(std::span<const std::int64_t>, std::span<const ImageLayout>)> positions;
  std::function<VisionRows(const ImageLayout&)> vision_rows;

  std::map<Stage, ModuleNames> modules;
  // Tensors no block reads, copied as they are; a leading or a trailing * matches any text.
  std::vector<std::string> unused;

  const Space& space(SpaceId id) const { return spaces[static_cast<std::size_t>(id)]; }
  const Block* find_block(const std::string& name) const;
};

// Every slot against the checkpoint: present, of the right shape, and every tensor of the checkpoint claimed by
// a slot or listed as unused. Throws Error(input) that lists what is missing, misshapen or left over. `config`
// names the file that promised the shapes.
void check_tensors(const ModelGraph& graph, const TensorSource& source, const std::string& config);

// Sites of the graph that read a space, over all blocks, in order.
std::vector<const Site*> readers_of(const ModelGraph& graph, SpaceId space);

}  // namespace halftone
