#include "halftone/engine/ledger.h"

#include <algorithm>
#include <map>

#include "halftone/engine/writer.h"
#include "halftone/io/safetensors_header.h"

namespace halftone {
namespace {

std::int64_t elements(const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const std::int64_t dim : shape) count *= dim;
  return count;
}

std::map<std::string, std::string> stages_of_tensors(const ModelGraph& graph) {
  std::map<std::string, std::string> stages;
  for (const auto& block : graph.blocks) {
    for (const auto& slot : block.slots) stages.emplace(slot.part.tensor, stage_name(block.stage));
  }
  return stages;
}

}  // namespace

std::vector<StageBytes> stage_bytes(const Job& job, const Format& format) {
  std::vector<StageBytes> list;
  for (const char* name : {"vision", "bridge", "language", "head", "other"}) list.emplace_back().stage = name;
  const auto quantized = job.quantized_modules();
  const auto stages = stages_of_tensors(job.graph());
  for (const auto& info : job.checkpoint->files->list()) {
    const auto known = stages.find(info.name);
    const std::string stage = known == stages.end() ? "other" : known->second;
    StageBytes& entry =
        *std::find_if(list.begin(), list.end(), [&](const auto& s) { return s.stage == stage; });
    entry.parameters += elements(info.shape);
    entry.tensors_in += 1;
    entry.bytes_in += static_cast<std::int64_t>(info.bytes);
    const std::vector<TensorPlan> written = written_tensors(info, quantized, format);
    entry.tensors_out += static_cast<std::int64_t>(written.size());
    for (const auto& t : written)
      entry.bytes_out += static_cast<std::int64_t>(checked_bytes(t.dtype, t.shape, t.name));
  }
  std::erase_if(list, [](const auto& s) { return s.tensors_in == 0; });
  return list;
}

Json to_json(const std::vector<StageBytes>& stages) {
  Json json = Json::array();
  for (const auto& s : stages) {
    json.push_back({{"stage", s.stage},
                    {"parameters", s.parameters},
                    {"tensors_in", s.tensors_in},
                    {"bytes_in", s.bytes_in},
                    {"tensors_out", s.tensors_out},
                    {"bytes_out", s.bytes_out}});
  }
  return json;
}

}  // namespace halftone
