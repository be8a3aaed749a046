// Every named tensor of a forward, for comparison with a reference implementation.
#pragma once

#include <map>
#include <string>

#include "halftone/calib/sample.h"
#include "halftone/io/file.h"
#include "halftone/stream/checkpoint.h"

namespace halftone {

// Runs one sample and writes what passed by into one safetensors file: "input_ids", "position_ids",
// "pixel_values", "vision.patch_embed", "image_features", "language.embeds", each site's input ("<site>.input")
// and output, each norm, each block's output ("<block>.out") and "logits". Streams block by block; the tensors
// are held until the end. Returns their names and shapes.
std::map<std::string, std::vector<std::int64_t>> dump_forward(FileSystem& files, const Checkpoint& checkpoint,
                                                              const Sample& sample, const std::string& path,
                                                              at::ScalarType compute, at::Device device);

}  // namespace halftone
