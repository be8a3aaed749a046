#include "halftone/plugin/block_session.h"

#include <algorithm>

#include "halftone/base/seed.h"

namespace halftone {

Statistic& BlockStatistics::obtain(const Axis& axis, const std::string& key,
                                   const std::function<std::unique_ptr<Statistic>()>& make) {
  if (Statistic* known = find(axis, key)) return *known;
  entries_.push_back({axis, key, make()});
  return *entries_.back().statistic;
}

Statistic* BlockStatistics::find(const Axis& axis, const std::string& key) const {
  for (const auto& entry : entries_) {
    if (entry.axis == axis && entry.key == key) return entry.statistic.get();
  }
  return nullptr;
}

std::vector<Statistic*> BlockStatistics::on(const Axis& axis) const {
  std::vector<Statistic*> found;
  for (const auto& entry : entries_) {
    if (entry.axis == axis) found.push_back(entry.statistic.get());
  }
  return found;
}

BlockSession::BlockSession(const ModelGraph& graph, const Block& block, BlockWeights& weights,
                           SiteSchemes sites, BlockStatistics& statistics, std::uint64_t run_seed,
                           RecordSink sink)
    : graph_(graph),
      block_(block),
      weights_(weights),
      sites_(std::move(sites)),
      statistics_(statistics),
      run_seed_(run_seed),
      sink_(std::move(sink)) {}

std::vector<SiteSchemes> BlockSession::sites_by_input() const {
  std::vector<SiteSchemes> groups;
  for (const auto& entry : sites_) {
    auto* home = static_cast<SiteSchemes*>(nullptr);
    for (auto& group : groups) {
      if (group.front().first->input == entry.first->input) home = &group;
    }
    if (home) {
      home->push_back(entry);
    } else {
      groups.push_back({entry});
    }
  }
  return groups;
}

const Tensor& BlockSession::weight(const Site& site) const {
  return weights_.values[static_cast<std::size_t>(site.weight)];
}

Statistic& BlockSession::statistic_on(const Axis& axis, const std::string& key) const {
  Statistic* found = statistics_.find(axis, key);
  require(found != nullptr, ErrorKind::internal, "statistic \"{}\" was not asked for", key);
  return *found;
}

void BlockSession::set(const Site& site, QuantizedTensor quantized) {
  HALFTONE_ASSERT(std::any_of(sites_.begin(), sites_.end(), [&](const auto& s) { return s.first == &site; }));
  const auto slot = static_cast<std::size_t>(site.weight);
  HALFTONE_ASSERT(quantized.codes.sizes() == at::IntArrayRef(block_.slots[slot].shape));
  weights_.quantized[slot] = std::move(quantized);
}

bool BlockSession::is_set(const Site& site) const {
  return weights_.quantized[static_cast<std::size_t>(site.weight)].has_value();
}

std::uint64_t BlockSession::seed(const std::string& purpose, const Site& site) const {
  return seed_for(run_seed_, purpose, site.name);
}

void BlockSession::record(const Site& site, Json fields) const {
  if (!sink_) return;
  Record record{"site", Json::object()};
  record.fields["site"] = site.name;
  record.fields.update(fields);
  sink_(record);
}

}  // namespace halftone
