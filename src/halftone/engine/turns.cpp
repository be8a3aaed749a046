#include "halftone/engine/turns.h"

#include <map>
#include <set>
#include <string>

#include "halftone/stream/scheme_taps.h"

namespace halftone {

OpsTaps Turn::input_quantizers() const {
  std::map<std::string, InputScheme> inputs;
  for (const auto& [site, scheme] : sites) {
    if (scheme.input) inputs[site->name] = *scheme.input;
  }
  return quantizing_taps(std::move(inputs));
}

std::vector<Turn> plan_turns(const Job& job, bool measure) {
  std::vector<Turn> turns;
  std::size_t last_observed = 0;
  for (const auto& block : job.graph().blocks) {
    Turn turn{&block, job.sites_of(block), job.needs_of(block), false, false, measure};
    for (const auto& needs : turn.needs) turn.observe = turn.observe || !needs.statistics.empty();
    turns.push_back(std::move(turn));
    if (turns.back().observe) last_observed = turns.size();
  }
  for (std::size_t i = 0; i + 1 < last_observed; ++i) turns[i].forward = true;
  return turns;
}

std::vector<LoadOrder> load_orders(const std::vector<Turn>& turns) {
  std::vector<LoadOrder> orders;
  for (const auto& turn : turns) {
    if (!turn.loads()) continue;
    LoadOrder order{turn.block, {}};
    if (!turn.runs()) {
      std::set<std::string> wanted;
      for (const auto& [site, scheme] : turn.sites)
        wanted.insert(turn.block->slots[static_cast<std::size_t>(site->weight)].name);
      order.only = [wanted](const Slot& slot) { return wanted.contains(slot.name); };
    }
    orders.push_back(std::move(order));
  }
  return orders;
}

}  // namespace halftone
