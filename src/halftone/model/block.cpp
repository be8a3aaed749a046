#include "halftone/model/block.h"

namespace halftone {

const char* stage_name(Stage stage) {
  switch (stage) {
    case Stage::vision: return "vision";
    case Stage::bridge: return "bridge";
    case Stage::language: return "language";
    case Stage::head: return "head";
  }
  return "";
}

const Site* Block::find_site(const std::string& site_name) const {
  for (const auto& site : sites) {
    if (site.name == site_name) return &site;
  }
  return nullptr;
}

}  // namespace halftone
