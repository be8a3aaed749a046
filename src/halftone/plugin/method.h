// Socket 2: a method. It declares what it needs as values and works through a BlockSession; it knows no files,
// no other block and no conductor.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "halftone/base/params.h"
#include "halftone/calib/statistic.h"
#include "halftone/model/graph.h"
#include "halftone/plugin/block_session.h"
#include "halftone/quant/scheme.h"

namespace halftone {

// A statistic of what enters a site. Requests with one key for sites that read the same axis share one
// statistic.
struct StatisticRequest {
  const Site* site = nullptr;
  std::string key;           // kind and parameters: "gram", "gram text=1 vision=2"
  std::int64_t bytes = 0;    // memory it takes
  double flops_per_row = 0;  // work it makes, for the plan
  std::function<std::unique_ptr<Statistic>(at::Device)> make;
};

struct Needs {
  std::vector<StatisticRequest> statistics;  // empty: the method needs no data
  double solve_flops = 0;                    // work of apply(), for the plan
  std::int64_t solve_bytes = 0;              // largest memory of apply() beyond weights and statistics
};

class Method {
 public:
  virtual ~Method() = default;
  // What to observe while the block runs on float weights. `sites`: those of the block that take a scheme.
  virtual Needs needs(const ModelGraph& graph, const Block& block, const SiteSchemes& sites) const = 0;
  // Does the work on one block; every site of the session must be set when a quantizing method returns.
  virtual void apply(BlockSession& session) const = 0;
  // Whether the method chooses codes. A recipe has exactly one that does, the last.
  virtual bool quantizes() const = 0;
  // Why it cannot handle a scheme; nothing if it can.
  virtual std::optional<std::string> refuse(const Scheme& scheme) const = 0;
  // Its parameters as they are in force, for the resolved recipe.
  virtual Json params() const = 0;
};

// What the list of methods holds of each.
struct MethodPlugin {
  std::string name;
  std::string summary;
  // Reads parameters; faults are collected with their places.
  std::function<std::unique_ptr<Method>(const Value& params, Faults& faults)> make;
  std::vector<ParamInfo> params;
};

}  // namespace halftone
