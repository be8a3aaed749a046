// Which safetensors files make up a checkpoint directory. Free of torch.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "halftone/io/file.h"

namespace halftone {

struct CheckpointFiles {
  std::string directory;
  std::vector<std::string> shards;              // file names inside the directory, sorted
  std::map<std::string, std::string> shard_of;  // tensor name -> shard; empty without an index
};

// Reads model.safetensors.index.json, or finds model.safetensors. Throws Error(input) for shard names that
// leave the directory (resolved links included: they may point inside the directory or, in a Hugging Face
// cache, into the blobs of the same repository), shards that are missing, and an index of another form;
// Error(unsupported) for a directory that holds pickled weights only.
CheckpointFiles find_checkpoint_files(FileSystem& files, const std::string& directory);

}  // namespace halftone
