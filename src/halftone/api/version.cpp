#include "halftone/api/api.h"
#include "halftone/media/decode.h"

namespace halftone::api {

std::string version() { return HALFTONE_VERSION; }

Json build_info() {
  return {{"version", version()}, {"torch", HALFTONE_TORCH_VERSION}, {"decoders", decoder_versions()}};
}

}  // namespace halftone::api
