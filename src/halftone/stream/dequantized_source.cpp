#include "halftone/stream/dequantized_source.h"

#include <set>

#include "halftone/base/error.h"

namespace halftone {

DequantizedSource::DequantizedSource(TensorSource& files, const Format& format,
                                     const std::vector<ModuleFacts>& modules)
    : files_(files), format_(format) {
  std::set<std::string> parts;
  for (const auto& module : modules) {
    if (!module.scheme) continue;
    const std::string weight = module.module + ".weight";
    quantized_.emplace(weight, module);
    for (const auto& part : format.tensors(module)) {
      const TensorInfo& info = files.at(part.name);
      require(info.dtype == part.dtype && info.shape == part.shape, ErrorKind::input,
              "{}: tensor \"{}\" is {} [{}], its scheme makes it {} [{}]", info.place, info.name,
              dtype_name(info.dtype), fmt::join(info.shape, ", "), dtype_name(part.dtype),
              fmt::join(part.shape, ", "));
      parts.insert(part.name);
    }
    const auto bytes = static_cast<std::uint64_t>(module.rows * module.columns * 4);
    infos_.push_back(
        {weight, DType::f32, module.file_shape, bytes, files.at(module.module + ".weight_scale").place});
  }
  for (const auto& info : files.list()) {
    if (!parts.contains(info.name)) infos_.push_back(info);
  }
}

Tensor DequantizedSource::read(const TensorInfo& info, std::int64_t first, std::int64_t count) {
  const auto found = quantized_.find(info.name);
  if (found == quantized_.end()) return files_.read(files_.at(info.name), first, count);
  const Tensor whole = dequantize(format_.read(found->second, files_)).view(info.shape);
  return count < 0 ? whole.narrow(0, first, whole.size(0) - first) : whole.narrow(0, first, count);
}

}  // namespace halftone
