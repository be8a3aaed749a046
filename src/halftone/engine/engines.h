// Which inference engines are known to run a quantized linear, and with which kernel. One table, a source a
// row.
#pragma once

#include <string>
#include <vector>

#include "halftone/plugin/format.h"

namespace halftone {

struct EngineVerdict {
  std::string engine;  // "vllm", "sglang", "transformers"
  std::string kernel;  // what runs it there
};

// Engines for a module written by a format under its scheme, best first; empty: none, for evaluation only.
std::vector<EngineVerdict> engines_for(const std::string& format, const ModuleFacts& module);

}  // namespace halftone
