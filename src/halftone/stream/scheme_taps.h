// Activation quantizers of a block's sites.
#pragma once

#include <map>
#include <string>

#include "halftone/model/ops.h"
#include "halftone/quant/scheme.h"
#include "halftone/stream/checkpoint.h"

namespace halftone {

// Quantizes what enters the sites that `inputs` names; taps that do nothing when it is empty.
OpsTaps quantizing_taps(std::map<std::string, InputScheme> inputs);

// The activation quantizers that a quantized checkpoint's schemes call for, for one block.
OpsTaps scheme_taps(const Checkpoint& checkpoint, const Block& block);

}  // namespace halftone
