// A recipe against a model: which site takes which scheme, and by which rule.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "halftone/base/params.h"
#include "halftone/recipe/recipe.h"

namespace halftone {

// What a rule decided for a site.
struct SiteDecision {
  std::size_t rule;              // index into Recipe::assign
  std::optional<Scheme> scheme;  // nothing: kept as it is
};

// Decisions by site name; sites without an entry matched no rule and stay as they are.
using Assignment = std::map<std::string, SiteDecision>;

// First match wins. A rule whose selector matches no site at all is a fault, with the nearest names.
Assignment assign_sites(const Recipe& recipe, const std::vector<std::string>& sites, Faults& faults);

}  // namespace halftone
