#include "halftone/eval/dump.h"

#include "halftone/base/error.h"
#include "halftone/io/safetensors_sink.h"
#include "halftone/stream/scheme_taps.h"
#include "halftone/stream/walker.h"
#include "halftone/tensor/dtype.h"

namespace halftone {
namespace {

void fill_folder(FileSystem& files, const std::map<std::string, Tensor>& tensors, const std::string& folder) {
  std::vector<TensorPlan> plan;
  for (const auto& [name, tensor] : tensors)
    plan.push_back({name, to_dtype(tensor.scalar_type()), tensor.sizes().vec()});
  SafetensorsSink sink(files, folder, plan, UINT64_MAX);
  for (const auto& [name, tensor] : tensors) sink.write(name, tensor);
  sink.finish();
}

void write_tensors(FileSystem& files, const std::map<std::string, Tensor>& tensors, const std::string& path) {
  // The sink names its own files; a directory of its own keeps the name free.
  const std::string folder = path + ".partial";
  files.remove_all(folder);
  require(files.make_directory(folder) == 0, ErrorKind::resource, "{}: cannot be created", folder);
  try {
    fill_folder(files, tensors, folder);
  } catch (...) {
    files.remove_all(folder);
    throw;
  }
  const int renamed = files.rename(join_path(folder, "model.safetensors"), path);
  files.remove_all(folder);
  require(renamed == 0, ErrorKind::resource, "{}: cannot be written", path);
}

}  // namespace

std::map<std::string, std::vector<std::int64_t>> dump_forward(FileSystem& files, const Checkpoint& checkpoint,
                                                              const Sample& sample, const std::string& path,
                                                              at::ScalarType compute, at::Device device) {
  const std::vector<Sample> samples = {sample};
  const ModelGraph& graph = checkpoint.spec.graph;
  const SampleStream stream = make_stream(graph, checkpoint.spec.images, files, samples, {0}, 1, device);
  std::map<std::string, Tensor> tensors;
  const auto keep = [&](const std::string& name, const Tensor& tensor) {
    tensors[name] = tensor.cpu().contiguous().clone();
  };
  keep("input_ids", stream.batches[0]->ids);
  keep("position_ids", stream.batches[0]->positions);
  const Tensor pixels = batch_pixels(*stream.batches[0], samples, checkpoint.spec.images, files, device);
  if (pixels.defined()) keep("pixel_values", pixels);
  ActivationStore store(1);
  for (const auto& block : graph.blocks) {
    const BlockWeights weights = load_block(block, checkpoint.source(), device);
    OpsTaps taps = scheme_taps(checkpoint, block);
    taps.trace = keep;
    walk_block(graph, block, weights, stream, store, &store, compute, [&](std::size_t) { return taps; }, {});
    if (store.get(0).defined()) keep(block.stage == Stage::head ? "logits" : block.name + ".out", store.get(0));
  }
  write_tensors(files, tensors, path);
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (const auto& [name, tensor] : tensors) shapes[name] = tensor.sizes().vec();
  return shapes;
}

}  // namespace halftone
