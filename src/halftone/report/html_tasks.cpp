#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "halftone/report/html_sections.h"

namespace halftone {
namespace {

constexpr std::size_t kWorst = 20;
constexpr std::size_t kLargestPicture = 2u << 20;  // bytes of its URL; the page holds up to twenty
constexpr std::size_t kLongestText = 1200;         // bytes of an answer that are shown

const Json* named(const Json& list, const std::string& name) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const Json& e) { return text_in(e, "name") == name; });
  return found == list.end() ? nullptr : &*found;
}

std::string interval_text(const Json& score) {
  const double low = value_in(score, "low"), high = value_in(score, "high");
  std::string text = number(value_in(score, "value"));
  if (std::isfinite(low) && std::isfinite(high)) text += fmt::format(" ({} to {})", number(low), number(high));
  return text;
}

Interval interval_of(const std::string& who, const Json& score) {
  return {value_in(score, "value"), value_in(score, "low"), value_in(score, "high"),
          who + " " + interval_text(score)};
}

// Room for both intervals with a tenth to spare, inside what the score can be.
std::pair<double, double> range_of(const std::vector<Interval>& intervals, double out_of) {
  double low = INFINITY, high = -INFINITY;
  for (const auto& v : intervals) {
    for (const double x : {v.value, v.low, v.high}) {
      if (!std::isfinite(x)) continue;
      low = std::min(low, x);
      high = std::max(high, x);
    }
  }
  if (!std::isfinite(low)) return {0, 1};
  const double spare = std::max(0.1 * (high - low), 1e-9 + 0.01 * std::abs(high));
  low = low >= 0 ? std::max(0.0, low - spare) : low - spare;
  high += spare;
  return {low, out_of > 0 ? std::min(out_of, high) : high};
}

std::vector<std::string> score_row(const Json& score, const Json& against) {
  const std::string name = text_in(score, "name");
  const Json* before = named(list_in(against, "scores"), name);
  const Json* difference = named(list_in(against, "differences"), name);
  std::vector<Interval> intervals = {interval_of("quantized", score)};
  if (before) intervals.push_back(interval_of("float", *before));
  const auto [from, to] = range_of(intervals, value_in(score, "out_of"));
  std::string change = "–";
  if (difference) {
    change = signed_fixed(value_in(*difference, "value"), 2);
    if (std::isfinite(value_in(*difference, "low")))
      change += fmt::format(" ({} to {})", signed_fixed(value_in(*difference, "low"), 2),
                            signed_fixed(value_in(*difference, "high"), 2));
  }
  const std::string unit = text_in(score, "unit");
  return {escaped(unit.empty() ? name : name + ", " + unit),
          before ? escaped(interval_text(*before)) : "–",
          escaped(interval_text(score)),
          tag("div", {{"class", "cell"}}, interval_bar(intervals, from, to)),
          escaped(change),
          escaped(difference ? text_in(*difference, "verdict") : "")};
}

std::string evaluation_html(const Json& evaluation) {
  const Json& against = object_in(evaluation, "against");
  std::vector<std::vector<std::string>> rows;
  for (const auto& score : list_in(evaluation, "scores")) rows.push_back(score_row(score, against));
  if (rows.empty()) return {};
  std::string lead = text_in(evaluation, "profile");
  if (std::isfinite(value_in(evaluation, "rows")))
    lead += fmt::format("{}{} rows", lead.empty() ? "" : " · ", number(value_in(evaluation, "rows")));
  const std::string note = text_in(evaluation, "note");
  if (!note.empty()) lead += (lead.empty() ? "" : " · ") + note;
  return tag("h3", {}, escaped(text_in(evaluation, "task"))) +
         (lead.empty() ? "" : tag("p", {{"class", "small"}}, escaped(lead))) +
         html_table(
             {"score", "float", "quantized", "filled: quantized, hollow: float", "change, paired", "verdict"},
             rows, "lrrlrl");
}

// A picture that is inside the page already; anything else would be fetched.
bool is_data_url(const std::string& url) {
  const auto comma = url.find(";base64,");
  return url.size() <= kLargestPicture &&
         (url.starts_with("data:image/png;") || url.starts_with("data:image/jpeg;") ||
          url.starts_with("data:image/webp;")) &&
         comma == url.find(';') &&
         std::all_of(url.begin() + static_cast<std::ptrdiff_t>(comma) + 8, url.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
                  c == '/' || c == '=';
         });
}

std::string shortened(std::string text) {
  if (text.size() <= kLongestText) return text;
  std::size_t end = kLongestText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + " …";
}

std::string words_html(const char* name, const std::string& text, double score) {
  if (text.empty() && !std::isfinite(score)) return {};
  const std::string mark = std::isfinite(score) ? tag("span", {{"class", "score"}}, number(score)) : "";
  return tag("dt", {}, name + mark) +
         tag("dd", {{"dir", "auto"}}, text.empty() ? "(nothing)" : escaped(shortened(text)));
}

std::string answer_card(const std::string& task, const Json& row) {
  std::string pictures;
  for (const auto& picture : list_in(row, "pictures")) {
    if (picture.is_string() && is_data_url(picture.get<std::string>()))
      pictures += empty_tag(
          "img", {{"src", picture.get<std::string>()}, {"alt", "picture of row " + text_in(row, "index")}});
  }
  if (pictures.empty()) pictures = tag("div", {{"class", "nopicture"}}, "no picture");
  const std::string words =
      words_html("question", text_in(row, "question"), NAN) +
      words_html("expected", text_in(row, "expected"), NAN) +
      words_html("float ", text_in(row, "answer_against"), value_in(row, "score_against")) +
      words_html("quantized ", text_in(row, "answer"), value_in(row, "score"));
  return tag("article", {{"class", "answer"}},
             tag("div", {{"class", "pictures"}}, pictures) +
                 tag("div", {},
                     tag("h3", {}, escaped(task + ", row " + text_in(row, "index"))) + tag("dl", {}, words)));
}

double loss_of(const Json& row) {
  const double before = value_in(row, "score_against"), after = value_in(row, "score");
  return std::isfinite(after) ? (std::isfinite(before) ? before : 0) - after : -INFINITY;
}

}  // namespace

std::string scores_section(const std::vector<Json>& evaluations) {
  std::string html;
  for (const auto& evaluation : evaluations) html += evaluation_html(evaluation);
  return section("scores", "Task scores", html);
}

std::string worst_section(const std::vector<Json>& evaluations) {
  std::vector<std::pair<std::string, const Json*>> rows;
  for (const auto& evaluation : evaluations) {
    for (const auto& row : list_in(evaluation, "worst")) rows.emplace_back(text_in(evaluation, "task"), &row);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return loss_of(*a.second) > loss_of(*b.second); });
  if (rows.size() > kWorst) rows.resize(kWorst);
  std::string html;
  for (const auto& [task, row] : rows) html += answer_card(task, *row);
  if (html.empty()) return {};
  return section("worst", "The answers that lost most", tag("div", {{"class", "answers"}}, html));
}

}  // namespace halftone
