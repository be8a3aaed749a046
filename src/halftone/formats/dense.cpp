// Dequantized weights in the source's own types and names: loads anywhere, saves nothing, shows what a scheme
// costs.
#include "halftone/base/error.h"
#include "halftone/plugin/format.h"
#include "halftone/tensor/dtype.h"

namespace halftone {
namespace {

class Dense final : public Format {
 public:
  std::string name() const override { return "dense"; }
  std::string summary() const override { return "dequantized weights in the source's types, for comparison"; }
  bool joins_readers() const override { return false; }
  bool keeps_codes() const override { return false; }

  std::optional<std::string> refuse(const ModuleFacts& m) const override {
    if (m.tied) return "the head shares its tensor with the token embedding";
    if (m.scheme->input) return "dense weights cannot say that activations are quantized";
    return std::nullopt;
  }

  std::vector<TensorPlan> tensors(const ModuleFacts& m) const override {
    return {{m.module + ".weight", m.dtype, m.file_shape}};
  }

  void write(const ModuleFacts& m, const QuantizedTensor& q, SafetensorsSink& sink) const override {
    sink.write(m.module + ".weight", dequantize(q, to_scalar_type(m.dtype)).view(m.file_shape));
  }

  QuantizedTensor read(const ModuleFacts& m, TensorSource&) const override {
    fail(ErrorKind::internal, "\"{}\": dense weights are read as they are", m.module);
  }

  Json config(const std::vector<ModuleFacts>&, const std::map<Stage, ModuleNames>&) const override {
    return nullptr;
  }
  bool recognizes(const Json&) const override { return false; }
  void read_schemes(const Json&, const TensorSource&, std::vector<ModuleFacts>&) const override {}
};

}  // namespace

std::unique_ptr<Format> make_dense() { return std::make_unique<Dense>(); }

}  // namespace halftone
