#include "halftone/calib/batches.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include "halftone/base/error.h"
#include "halftone/media/decode.h"

namespace halftone {
namespace {

void add_pictures(const ModelGraph& graph, const Sample& sample, Batch& batch,
                  std::vector<Tensor>& coordinates) {
  for (const auto& layout : sample.layouts) {
    const VisionRows rows = graph.vision_rows(layout);
    for (const std::int64_t length : rows.segments) batch.vision.add(length);
    if (rows.coordinates.defined()) coordinates.push_back(rows.coordinates);
  }
}

std::shared_ptr<const Batch> pack(const ModelGraph& graph, const std::vector<Sample>& samples,
                                  std::vector<std::size_t> which, at::Device device) {
  auto batch = std::make_shared<Batch>();
  std::vector<Tensor> ids, positions, modality, coordinates;
  for (const std::size_t index : which) {
    const Sample& sample = samples[index];
    batch->tokens.add(static_cast<std::int64_t>(sample.ids.size()));
    ids.push_back(at::tensor(sample.ids, at::kLong));
    positions.push_back(graph.positions(sample.ids, sample.layouts));
    modality.push_back(at::tensor(at::ArrayRef<std::uint8_t>(sample.modality), at::kByte));
    add_pictures(graph, sample, *batch, coordinates);
  }
  batch->samples = std::move(which);
  batch->ids = at::cat(ids).to(device);
  batch->positions = at::cat(positions, 1).to(device);
  batch->modality = at::cat(modality).to(device);
  if (!coordinates.empty()) batch->coordinates = at::cat(coordinates).to(device);
  return batch;
}

}  // namespace

std::vector<std::shared_ptr<const Batch>> make_batches(const ModelGraph& graph,
                                                       const std::vector<Sample>& samples,
                                                       const std::vector<std::size_t>& which,
                                                       std::int64_t tokens, at::Device device) {
  std::vector<std::shared_ptr<const Batch>> batches;
  std::vector<std::size_t> open;
  std::int64_t filled = 0;
  for (const std::size_t index : which) {
    const auto length = static_cast<std::int64_t>(samples[index].ids.size());
    if (!open.empty() && filled + length > tokens) {
      batches.push_back(pack(graph, samples, std::move(open), device));
      open.clear();
      filled = 0;
    }
    open.push_back(index);
    filled += length;
  }
  if (!open.empty()) batches.push_back(pack(graph, samples, std::move(open), device));
  return batches;
}

Tensor batch_pixels(const Batch& batch, const std::vector<Sample>& samples, const ImagePolicy& policy,
                    FileSystem& files, at::Device device) {
  std::vector<Tensor> pixels;
  for (const std::size_t index : batch.samples) {
    const Sample& sample = samples[index];
    for (std::size_t i = 0; i < sample.pictures.size(); ++i) {
      const PictureRef& picture = sample.pictures[i];
      pixels.push_back(
          image_pixels(policy, decode_image(picture.load(files), picture.origin), sample.layouts[i]));
    }
  }
  return pixels.empty() ? Tensor() : at::cat(pixels).to(device);
}

}  // namespace halftone
