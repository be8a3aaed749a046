// The float view of a quantized directory: quantized modules appear as plain weights, dequantized as they are
// read.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "halftone/io/tensor_source.h"
#include "halftone/plugin/format.h"

namespace halftone {

// References must outlive the object. Weights come in float32, exactly code times scale.
class DequantizedSource final : public TensorSource {
 public:
  DequantizedSource(TensorSource& files, const Format& format, const std::vector<ModuleFacts>& modules);
  const std::vector<TensorInfo>& list() const override { return infos_; }
  Tensor read(const TensorInfo& info, std::int64_t first = 0, std::int64_t count = -1) override;

 private:
  TensorSource& files_;
  const Format& format_;
  std::vector<TensorInfo> infos_;
  std::map<std::string, ModuleFacts> quantized_;  // by the name of the plain weight
};

}  // namespace halftone
