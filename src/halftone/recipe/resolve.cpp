#include "halftone/recipe/resolve.h"

#include <fmt/format.h>

#include "halftone/base/error.h"
#include "halftone/recipe/selector.h"

namespace halftone {
namespace {

std::string suggestion(const std::string& selector, const std::vector<std::string>& sites) {
  const std::string near = nearest(selector, sites);
  if (!near.empty()) return fmt::format("the nearest is \"{}\"", near);
  return sites.empty() ? "the model has none"
                       : fmt::format("sites are called \"{}\" to \"{}\"", sites.front(), sites.back());
}

}  // namespace

Assignment assign_sites(const Recipe& recipe, const std::vector<std::string>& sites, Faults& faults) {
  Assignment assignment;
  for (std::size_t i = 0; i < recipe.assign.size(); ++i) {
    const AssignRule& rule = recipe.assign[i];
    if (rule.selector.empty()) continue;
    std::optional<Selector> selector;
    try {
      selector.emplace(rule.selector);
    } catch (const Error& error) {
      faults.add(rule.place, error.message());
      continue;
    }
    bool matched = false, took = false;
    for (const auto& site : sites) {
      if (!selector->matches(site)) continue;
      matched = true;
      took |= assignment.emplace(site, SiteDecision{i, rule.value}).second;
    }
    if (matched && !took) {
      faults.add(rule.place,
                 fmt::format("selector \"{}\" takes no site: earlier rules took all that it matches; "
                             "the first match wins, so put it before them",
                             rule.selector));
    }
    if (!matched) {
      faults.add(rule.place, fmt::format("selector \"{}\" matches no site; {}", rule.selector,
                                         suggestion(rule.selector, sites)));
    }
  }
  return assignment;
}

}  // namespace halftone
