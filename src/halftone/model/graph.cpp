#include "halftone/model/graph.h"

#include <map>

#include "halftone/base/error.h"

namespace halftone {
namespace {

constexpr size_t kMostNamed = 8;  // tensors listed by name in one message

bool matches(const std::string& pattern, const std::string& name) {
  if (!pattern.empty() && pattern.front() == '*') return name.ends_with(pattern.substr(1));
  if (!pattern.empty() && pattern.back() == '*') return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return name == pattern;
}

std::string listed(std::vector<std::string> names) {
  const size_t total = names.size();
  if (total > kMostNamed) names.resize(kMostNamed);
  std::string text = fmt::format("{}", fmt::join(names, ", "));
  return total > kMostNamed ? fmt::format("{} and {} more", text, total - kMostNamed) : text;
}

}  // namespace

const Block* ModelGraph::find_block(const std::string& name) const {
  for (const auto& block : blocks) {
    if (block.name == name) return &block;
  }
  return nullptr;
}

void check_tensors(const ModelGraph& graph, const TensorSource& source, const std::string& config) {
  std::map<std::string, bool> claimed;
  std::vector<std::string> missing;
  for (const auto& block : graph.blocks) {
    for (const auto& slot : block.slots) {
      const TensorInfo* info = source.find(slot.part.tensor);
      if (!claimed.emplace(slot.part.tensor, true).second && !info) continue;
      if (!info) {
        missing.push_back(slot.part.tensor);
        continue;
      }
      require(info->shape == slot.file_shape, ErrorKind::input,
              "{}: tensor \"{}\" is [{}], but {} makes it [{}]", info->place, info->name,
              fmt::join(info->shape, ", "), config, fmt::join(slot.file_shape, ", "));
      require(dtype_is_float(info->dtype) && dtype_bytes(info->dtype) > 1, ErrorKind::input,
              "{}: tensor \"{}\" holds {}, expected F32, F16 or BF16", info->place, info->name,
              dtype_name(info->dtype));
    }
  }
  require(missing.empty(), ErrorKind::input, "the checkpoint lacks {} tensors that {} calls for: {}",
          missing.size(), config, listed(missing));
  std::vector<std::string> extra;
  for (const auto& info : source.list()) {
    if (claimed.contains(info.name)) continue;
    bool known = false;
    for (const auto& pattern : graph.unused) known = known || matches(pattern, info.name);
    if (!known) extra.push_back(info.name);
  }
  require(extra.empty(), ErrorKind::input, "the checkpoint holds {} tensors that {} has no place for: {}",
          extra.size(), config, listed(extra));
}

std::vector<const Site*> readers_of(const ModelGraph& graph, SpaceId space) {
  std::vector<const Site*> readers;
  for (const auto& block : graph.blocks) {
    for (const auto& site : block.sites) {
      if (site.input.space == space) readers.push_back(&site);
    }
  }
  return readers;
}

}  // namespace halftone
