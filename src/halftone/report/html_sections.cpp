#include "halftone/report/html_sections.h"

#include <algorithm>
#include <charconv>

namespace halftone {
namespace {

bool is_index(const std::string& word) {
  return !word.empty() && word.size() < 6 &&
         std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string> words_of(const std::string& name) {
  std::vector<std::string> words(1);
  for (const char c : name) {
    if (c == '.') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

}  // namespace

RunRecords sorted_records(const std::vector<Json>& records) {
  RunRecords sorted;
  for (const auto& record : records) {
    const std::string kind = text_in(record, "kind");
    if (kind == "run") sorted.run = record;
    if (kind == "plan") sorted.plan = record;
    if (kind == "finished") sorted.finished = record;
    if (kind == "bytes") sorted.bytes.push_back(record);
    if (kind == "site") sorted.sites.push_back(record);
    if (kind == "block") sorted.blocks.push_back(record);
  }
  return sorted;
}

std::string section(const std::string& id, const std::string& heading, const std::string& content) {
  if (content.empty()) return {};
  return tag("section", {{"id", id}}, tag("h2", {}, escaped(heading)) + content) + "\n";
}

std::string html_table(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows, const std::string& alignment) {
  const auto cell = [&](const char* name, std::size_t i, const std::string& html) {
    const bool right = i < alignment.size() && alignment[i] == 'r';
    return tag(name, right ? Attributes{{"class", "r"}} : Attributes{}, html);
  };
  std::string head, body;
  for (std::size_t i = 0; i < header.size(); ++i) head += cell("th", i, escaped(header[i]));
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += cell("td", i, row[i]);
    body += tag("tr", {}, line) + "\n";
  }
  const std::string table = tag("table", {}, tag("thead", {}, tag("tr", {}, head)) + tag("tbody", {}, body));
  return tag("div", {{"class", "scroll"}, {"tabindex", "0"}}, table);
}

std::string folded(const std::string& summary, const std::string& content) {
  return tag("details", {}, tag("summary", {}, escaped(summary)) + content);
}

SiteName site_name_of(const std::string& name) {
  const std::vector<std::string> words = words_of(name);
  SiteName result;
  std::size_t next = 1;
  result.stack = words[0];
  if (words.size() > 2 && is_index(words[1])) {
    std::from_chars(words[1].data(), words[1].data() + words[1].size(), result.depth);
    next = 2;
  }
  for (std::size_t i = next; i < words.size(); ++i)
    result.kind += (i > next ? "." : "") + (is_index(words[i]) ? "*" : words[i]);
  return result;
}

std::vector<Span> spans_of(const std::vector<std::string>& blocks) {
  std::vector<Span> spans;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const std::size_t dot = blocks[i].find('.');
    const bool indexed = dot != std::string::npos && is_index(blocks[i].substr(dot + 1));
    const std::string stack = blocks[i].substr(0, dot);
    if (!indexed || spans.empty() || spans.back().name != stack) spans.push_back({stack, i, 0});
    ++spans.back().count;
  }
  return spans;
}

}  // namespace halftone
