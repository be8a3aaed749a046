// Socket 3: an output format. It turns canonical quantized tensors into the names and bytes that engines read,
// and back; writing and reading live side by side.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "halftone/base/json.h"
#include "halftone/io/safetensors_sink.h"
#include "halftone/io/tensor_source.h"
#include "halftone/model/graph.h"
#include "halftone/quant/quantized_tensor.h"
#include "halftone/quant/scheme.h"

namespace halftone {

// A linear as the checkpoint sees it: one module, fused projections as one. Its weight is "<module>.weight".
struct ModuleFacts {
  std::string module;
  std::int64_t rows = 0, columns = 0;  // [out, in]
  Stage stage = Stage::language;
  bool convolution = false;
  bool tied = false;                     // shares its tensor with the token embedding
  DType dtype = DType::bf16;             // of the source's weight
  std::vector<std::int64_t> file_shape;  // of the source's weight
  std::optional<Scheme> scheme;          // nothing: stays as it is
};

class Format {
 public:
  virtual ~Format() = default;
  virtual std::string name() const = 0;
  virtual std::string summary() const = 0;
  // Whether its engines join the linears that read one input (q, k, v; gate, up) into one matrix: these then
  // need one scheme, or none, together.
  virtual bool joins_readers() const { return true; }
  // Whether its files hold codes and scales; if not, they hold the dequantized weights in the source's types.
  virtual bool keeps_codes() const { return true; }

  // Why this module cannot be written under its scheme; nothing if it can.
  virtual std::optional<std::string> refuse(const ModuleFacts& module) const = 0;
  // The tensors that a quantized module becomes, sizes final.
  virtual std::vector<TensorPlan> tensors(const ModuleFacts& module) const = 0;
  virtual void write(const ModuleFacts& module, const QuantizedTensor& weight, SafetensorsSink& sink) const = 0;
  // The inverse of write(), for a module whose scheme is set. Throws Error(input) for tensors that are missing
  // or of another shape, scales that are not finite or not positive, and codes outside their range.
  virtual QuantizedTensor read(const ModuleFacts& module, TensorSource& source) const = 0;

  // The value of "quantization_config" for a checkpoint whose linears are `modules`; null for none.
  virtual Json config(const std::vector<ModuleFacts>& modules,
                      const std::map<Stage, ModuleNames>& names) const = 0;
  // Whether a config.json was written by this format.
  virtual bool recognizes(const Json& config) const = 0;
  // Sets `scheme` of each module that the config and the tensors say is quantized. Throws Error(unsupported)
  // for a config that this reader does not understand, Error(input) where config and tensors disagree.
  virtual void read_schemes(const Json& config, const TensorSource& source,
                            std::vector<ModuleFacts>& modules) const = 0;
};

}  // namespace halftone
