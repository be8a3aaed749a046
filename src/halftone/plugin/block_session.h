// All that a method may touch while it works on one block.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "halftone/base/error.h"
#include "halftone/base/json.h"
#include "halftone/base/record.h"
#include "halftone/calib/statistic.h"
#include "halftone/model/graph.h"
#include "halftone/model/weights.h"
#include "halftone/quant/quantized_tensor.h"
#include "halftone/quant/scheme.h"

namespace halftone {

// The sites of a block that take a scheme, in the block's order.
using SiteSchemes = std::vector<std::pair<const Site*, Scheme>>;

// What has been observed in a block: by input axis and request key.
class BlockStatistics {
 public:
  // Adds a statistic unless one for that axis and key is there; returns it.
  Statistic& obtain(const Axis& axis, const std::string& key,
                    const std::function<std::unique_ptr<Statistic>()>& make);
  Statistic* find(const Axis& axis, const std::string& key) const;
  // All statistics on an axis.
  std::vector<Statistic*> on(const Axis& axis) const;
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  // Whether any statistic is on that axis.
  bool watches(const Axis& axis) const { return !on(axis).empty(); }

 private:
  struct Entry {
    Axis axis;
    std::string key;
    std::unique_ptr<Statistic> statistic;
  };
  std::vector<Entry> entries_;
};

class BlockSession final {
 public:
  // All references must outlive the session. `weights` is changed in place.
  BlockSession(const ModelGraph& graph, const Block& block, BlockWeights& weights, SiteSchemes sites,
               BlockStatistics& statistics, std::uint64_t run_seed, RecordSink sink);

  const ModelGraph& graph() const { return graph_; }
  const Block& block() const { return block_; }
  const SiteSchemes& sites() const { return sites_; }
  // Sites of the session that read one axis together, in order.
  std::vector<SiteSchemes> sites_by_input() const;

  // The float weight of a site, [out, in] as it stands now, in its own type.
  const Tensor& weight(const Site& site) const;
  // The statistic a request of this method asked for. Throws Error(internal) if nobody asked.
  template <class S>
  S& statistic(const Site& site, const std::string& key) const {
    return dynamic_cast<S&>(statistic_on(site.input, key));
  }

  // The result of a site. From here on the block runs with the dequantized codes.
  void set(const Site& site, QuantizedTensor quantized);
  bool is_set(const Site& site) const;

  std::uint64_t seed(const std::string& purpose, const Site& site) const;
  // A record of kind "site" for this site.
  void record(const Site& site, Json fields) const;

 private:
  Statistic& statistic_on(const Axis& axis, const std::string& key) const;
  const ModelGraph& graph_;
  const Block& block_;
  BlockWeights& weights_;
  SiteSchemes sites_;
  BlockStatistics& statistics_;
  std::uint64_t run_seed_;
  RecordSink sink_;
};

}  // namespace halftone
