#include "halftone/engine/engines.h"

#include <algorithm>
#include <array>

namespace halftone {
namespace {

bool one_of(std::int64_t value, std::initializer_list<std::int64_t> list) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool row_or_group(const WeightScheme& w, std::initializer_list<std::int64_t> groups) {
  return w.granularity == Granularity::channel ||
         (w.granularity == Granularity::group && one_of(w.group, groups));
}

// Marlin: 4 and 8 bits, groups of 32, 64, 128 or one a row, zero points for 4 bits only; tiles of 64 outputs
// and 128 inputs. vLLM: vllm/model_executor/layers/quantization/utils/marlin_utils.py
bool marlin(const ModuleFacts& m) {
  const WeightScheme& w = m.scheme->weight;
  return !m.scheme->input && w.kind == NumberKind::integer && one_of(w.bits, {4, 8}) &&
         (w.symmetric || w.bits == 4) && row_or_group(w, {32, 64, 128}) && m.rows % 64 == 0 &&
         m.columns % 128 == 0;
}

// CUTLASS scaled_mm in int8 and fp8: symmetric, one scale a row or tensor, inputs per token; multiples of 16.
// vLLM: vllm/model_executor/layers/quantization/compressed_tensors/schemes/
bool scaled_mm(const ModuleFacts& m, NumberKind kind) {
  const WeightScheme& w = m.scheme->weight;
  return m.scheme->input && w.kind == kind && w.bits == 8 && w.symmetric &&
         w.granularity != Granularity::group && m.rows % 16 == 0 && m.columns % 16 == 0;
}

}  // namespace

std::vector<EngineVerdict> engines_for(const std::string& format, const ModuleFacts& m) {
  if (format == "dense") return {{"transformers", "float"}, {"vllm", "float"}, {"sglang", "float"}};
  std::vector<EngineVerdict> verdicts;
  if (format == "compressed_tensors") {
    const char* kernel = marlin(m)                            ? "Marlin"
                         : scaled_mm(m, NumberKind::integer)  ? "CUTLASS int8"
                         : scaled_mm(m, NumberKind::floating) ? "CUTLASS fp8"
                                                              : nullptr;
    if (kernel) {
      verdicts.push_back({"vllm", kernel});
      verdicts.push_back({"sglang", kernel});
    }
    // Decompresses every layout to float weights (compressed_tensors/compressors/).
    verdicts.push_back({"transformers", "dequantized"});
  }
  return verdicts;
}

}  // namespace halftone
