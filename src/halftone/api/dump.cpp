#include "halftone/eval/dump.h"

#include "halftone/api/api.h"
#include "halftone/api/data.h"
#include "halftone/api/request.h"
#include "halftone/base/error.h"
#include "halftone/tensor/device.h"

namespace halftone::api {

Json dump(const DumpRequest& request) {
  require(!posix_files().stat(request.out).exists, ErrorKind::conflict, "{}: exists already", request.out);
  const Registry registry;
  const Checkpoint checkpoint = registry.open(request.model, Accept::any);
  const Sample sample = load_sample(request.sample, request.images, checkpoint.spec, request.model);
  Json tensors = Json::object();
  for (const auto& [name, shape] :
       dump_forward(posix_files(), checkpoint, sample, request.out, at::kFloat, parse_device(request.device))) {
    tensors[name] = shape;
  }
  return {{"file", request.out}, {"tensors", tensors}};
}

}  // namespace halftone::api
