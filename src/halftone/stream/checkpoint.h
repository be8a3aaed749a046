// A checkpoint directory opened as a model: float as published, or one that a format of ours (or a peer) wrote.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "halftone/base/json.h"
#include "halftone/io/safetensors_source.h"
#include "halftone/plugin/family.h"
#include "halftone/plugin/format.h"
#include "halftone/quant/scheme.h"

namespace halftone {

using Families = std::span<const std::unique_ptr<Family>>;
using Formats = std::span<const std::unique_ptr<Format>>;

struct Checkpoint {
  std::string directory;
  Json config;
  ModelSpec spec;
  std::unique_ptr<SafetensorsSource> files;   // the tensors as they stand on disk
  std::unique_ptr<TensorSource> dequantized;  // the float view of a quantized directory; null for a float one
  const Format* format = nullptr;             // that wrote it; null for a float one
  std::vector<ModuleFacts> modules;           // its linears; scheme set where quantized

  // The tensors as the model reads them.
  TensorSource& source() const { return dequantized ? *dequantized : static_cast<TensorSource&>(*files); }
};

enum class Accept { float_only, any };

// Reads the small files, finds the family by "model_type", then reads all headers and checks every tensor
// against the config; a family may refuse a config before any header is looked for. Throws Error(unsupported)
// for an unknown model type (naming the known ones) and, with float_only, for a checkpoint that is quantized
// already. `formats` must outlive the result.
Checkpoint open_checkpoint(FileSystem& files, const std::string& directory, Families families, Formats formats,
                           Accept accept);

// The linears of a graph as the checkpoint names them, fused projections as one, in the order of the blocks;
// then the matrices that no block reads: engines build them too, so a format must say that they are not
// quantized.
std::vector<ModuleFacts> module_facts(const ModelGraph& graph, const TensorSource& source);

// "<module>.weight" without its suffix.
std::string module_of(const std::string& tensor);

// What tells one checkpoint from another: a hash of the config, of every tensor's name, type and shape, and of
// the first and last bytes of each.
std::string fingerprint(const Checkpoint& checkpoint);

}  // namespace halftone
