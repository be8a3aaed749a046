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
  std::vector<std::string> unlisted;            // other *.safetensors that lie there; never opened
};

// Reads model.safetensors.index.json or, where there is none, finds model.safetensors. An index of more than
// 256 MiB is refused; its metadata (total_size) is not looked at. Throws Error(input) for shard names that
// leave the directory (resolved links included: they may point inside the directory or, in a Hugging Face
// cache, into the blobs of the same repository), shards that are missing or no regular files, and an index of
// another form; Error(unsupported) for a directory that holds pickled weights only: those are never opened.
CheckpointFiles find_checkpoint_files(FileSystem& files, const std::string& directory);

}  // namespace halftone
