#include "halftone/stream/scheme_taps.h"

#include "halftone/quant/quantized_tensor.h"

namespace halftone {

OpsTaps quantizing_taps(std::map<std::string, InputScheme> inputs) {
  OpsTaps taps;
  if (inputs.empty()) return taps;
  taps.quantize = [inputs = std::move(inputs)](const Site& site, const Tensor& x) {
    const auto found = inputs.find(site.name);
    return found == inputs.end() ? x : fake_quantize_tokens(x, found->second);
  };
  return taps;
}

OpsTaps scheme_taps(const Checkpoint& checkpoint, const Block& block) {
  std::map<std::string, InputScheme> by_module, by_site;
  for (const auto& module : checkpoint.modules) {
    if (module.scheme && module.scheme->input) by_module[module.module] = *module.scheme->input;
  }
  for (const auto& site : block.sites) {
    const auto found =
        by_module.find(module_of(block.slots[static_cast<std::size_t>(site.weight)].part.tensor));
    if (found != by_module.end()) by_site[site.name] = found->second;
  }
  return quantizing_taps(std::move(by_site));
}

}  // namespace halftone
