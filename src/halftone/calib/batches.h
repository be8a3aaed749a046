// Samples packed into micro-batches: row after row, no padding.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "halftone/calib/sample.h"
#include "halftone/io/file.h"
#include "halftone/model/flow.h"
#include "halftone/model/graph.h"

namespace halftone {

// Neighbouring samples together until `tokens` are reached (a longer sample makes a batch of its own). `which`
// are indices into samples. Tensors live on `device`.
std::vector<std::shared_ptr<const Batch>> make_batches(const ModelGraph& graph,
                                                       const std::vector<Sample>& samples,
                                                       const std::vector<std::size_t>& which,
                                                       std::int64_t tokens, at::Device device);

// The pixels of a batch's pictures, in order, as the first vision block reads them; undefined without pictures.
// Decodes and scales; costs time and is meant to be dropped after the block. Throws Error(input) naming the
// picture.
Tensor batch_pixels(const Batch& batch, const std::vector<Sample>& samples, const ImagePolicy& policy,
                    FileSystem& files, at::Device device);

}  // namespace halftone
