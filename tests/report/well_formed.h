// Reads a page as a strict parser would: every tag that opens closes, in order, attributes stand in double
// quotes, & begins an entity, < a tag.
#pragma once

#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace halftone::test {

inline bool is_entity(std::string_view rest) {
  for (const char* entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"}) {
    if (rest.starts_with(entity)) return true;
  }
  return false;
}

// Empty, or what is wrong. `names` receives the elements that were opened, with their attributes' text.
inline std::string fault_of(std::string_view html, std::vector<std::string>* names = nullptr) {
  std::vector<std::string> open;
  for (std::size_t i = 0; i < html.size(); ++i) {
    if (html[i] == '&' && !is_entity(html.substr(i))) return "a bare & at " + std::string(html.substr(i, 30));
    if (html[i] == '>') return "a bare > at " + std::string(html.substr(i, 30));
    if (html[i] != '<' || html.substr(i).starts_with("<!DOCTYPE html>")) {
      if (html[i] == '<') i += 14;
      continue;
    }
    std::size_t end = i + 1;
    for (bool quoted = false; end < html.size() && (quoted || html[end] != '>'); ++end) {
      if (html[end] == '"') quoted = !quoted;
      if (html[end] == '<') return "a < inside a tag at " + std::string(html.substr(i, 40));
      if (quoted && html[end] == '&' && !is_entity(html.substr(end))) return "a bare & in an attribute";
    }
    if (end == html.size()) return "a tag without an end";
    const std::string text(html.substr(i + 1, end - i - 1));
    const std::string name = text.substr(0, text.find_first_of(" /", 1));
    if (text[0] == '/') {
      if (open.empty() || "/" + open.back() != text) return "</" + text.substr(1) + "> closes nothing";
      open.pop_back();
    } else if (std::isalpha(static_cast<unsigned char>(text[0])) == 0) {
      return "no tag at <" + text;
    } else {
      if (names) names->push_back(text);
      if (text.back() != '/') open.push_back(name);
      if (name == "style") end = html.find("</style>", end) - 1;
    }
    i = end;
  }
  return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

}  // namespace halftone::test
