#include "halftone/api/api.h"
#include "halftone/api/request.h"
#include "halftone/base/error.h"
#include "halftone/engine/verifier.h"

namespace halftone::api {

Json verify(const std::string& out, const std::string& against) {
  const Registry registry;
  refuse_several_outputs(posix_files(), out);
  const Checkpoint output = registry.open(out, Accept::any);
  std::optional<Checkpoint> source;
  if (!against.empty()) source = registry.open(against, Accept::float_only);
  return to_json(verify_output(posix_files(), output, source ? &*source : nullptr));
}

}  // namespace halftone::api
