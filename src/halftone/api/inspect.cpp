#include <algorithm>

#include "halftone/api/api.h"
#include "halftone/api/request.h"

namespace halftone::api {
namespace {

std::string admits_text(const Admits& admits) {
  std::vector<std::string> words;
  if (admits.diagonal) words.emplace_back("diagonal");
  if (admits.orthogonal) words.emplace_back("orthogonal");
  if (admits.orthogonal_ones) words.emplace_back("orthogonal fixing ones");
  if (admits.head_orthogonal) words.emplace_back("per-head orthogonal");
  if (admits.centring) words.emplace_back("centring");
  return words.empty() ? "none" : fmt::format("{}", fmt::join(words, ", "));
}

Json site_json(const ModelGraph& graph, const Block& block, const Site& site) {
  const Slot& slot = block.slots[static_cast<size_t>(site.weight)];
  return {{"site", site.name},
          {"tensor", slot.part.tensor},
          {"shape", slot.shape},
          {"input", graph.space(site.input.space).name},
          {"output", graph.space(site.output.space).name}};
}

Json block_json(const ModelGraph& graph, const Block& block, const TensorSource& source) {
  std::vector<std::string> tensors;
  for (const auto& slot : block.slots) tensors.push_back(slot.part.tensor);
  std::sort(tensors.begin(), tensors.end());
  tensors.erase(std::unique(tensors.begin(), tensors.end()), tensors.end());
  std::uint64_t bytes = 0;
  for (const auto& name : tensors) bytes += source.at(name).bytes;
  Json sites = Json::array();
  for (const auto& site : block.sites) sites.push_back(site_json(graph, block, site));
  return {{"block", block.name}, {"stage", stage_name(block.stage)}, {"bytes", bytes}, {"sites", sites}};
}

}  // namespace

Json inspect(const std::string& model) {
  const Registry registry;
  const Checkpoint checkpoint = registry.open(model, Accept::any);
  const ModelGraph& graph = checkpoint.spec.graph;
  Json blocks = Json::array(), spaces = Json::array();
  std::size_t sites = 0;
  for (const auto& block : graph.blocks) {
    blocks.push_back(block_json(graph, block, checkpoint.source()));
    sites += block.sites.size();
  }
  for (const auto& space : graph.spaces) {
    const auto id = static_cast<SpaceId>(&space - graph.spaces.data());
    spaces.push_back({{"space", space.name},
                      {"dim", space.dim},
                      {"admits", admits_text(space.admits)},
                      {"readers", readers_of(graph, id).size()}});
  }
  std::uint64_t bytes = 0;
  for (const auto& info : checkpoint.files->list()) bytes += info.bytes;
  Json quantized = nullptr;
  if (checkpoint.format) quantized = checkpoint.format->name();
  return {{"model", model},
          {"model_type", get_string_or(checkpoint.config, "model_type", "", "config.json")},
          {"quantized", quantized},
          {"bytes", bytes},
          {"tensors", checkpoint.files->list().size()},
          {"vocabulary", graph.vocabulary},
          {"max_positions", graph.max_positions},
          {"site_count", sites},
          {"warnings", checkpoint.files->warnings()},
          {"blocks", blocks},
          {"spaces", spaces}};
}

}  // namespace halftone::api
