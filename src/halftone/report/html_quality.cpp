#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "halftone/report/html_sections.h"

namespace halftone {
namespace {

constexpr double kNormal = 1.96;  // standard errors that hold 95 %
constexpr int kFewSamples = 30;   // below it an interval is rough
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

// The words follow the upper end of KL's interval, in nats.
struct Grade {
  double below;
  const char* words;
};
constexpr Grade kGrades[] = {{0.002, "Next to no loss in its predictions."},
                             {0.01, "Very close to the float model."},
                             {0.05, "Close, with differences that a hard task may show."},
                             {0.2, "Clearly different from the float model."},
                             {std::numeric_limits<double>::infinity(), "Far from the float model."}};

const char* grade_of(double upper) {
  for (const auto& grade : kGrades) {
    if (upper < grade.below) return grade.words;
  }
  return kGrades[std::size(kGrades) - 1].words;
}

std::string kl_sentence(const Json& quality) {
  const double kl = value_in(quality, "kl"), half = kNormal * value_in(quality, "kl_se");
  return fmt::format(
      "On {} answer tokens of {} samples that calibration did not see, KL(float ‖ quantized) is {} nats "
      "(95 %: {} to {}).",
      number(value_in(quality, "positions")), list_in(quality, "samples").size(), number(kl),
      rough(std::max(0.0, kl - half)), rough(kl + half));
}

// Wilson's interval where all or none agree, else that of the samples as clusters.
std::string top1_sentence(const Json& quality) {
  const double share = value_in(quality, "top1"), n = value_in(quality, "positions");
  const double half = kNormal * value_in(quality, "top1_se"), z = kNormal * kNormal / n;
  std::string text = fmt::format("Both models prefer the same token at {} of them", percent(share, 2));
  if (share >= 1) return text + fmt::format(" (95 %: at least {}).", percent(1 / (1 + z), 1));
  if (!std::isfinite(half)) return text + ".";
  return text + fmt::format(" (95 %: {} to {}).", percent(std::max(0.0, share - half), 1),
                            percent(std::min(1.0, share + half), 1));
}

std::string perplexity_sentence(const Json& quality) {
  const double a = value_in(quality, "ppl_a"), b = value_in(quality, "ppl_b"),
               half = kNormal * value_in(quality, "nll_se");
  const double change = std::log(b / a);
  const auto share = [](double log_ratio) { return signed_fixed(100 * std::expm1(log_ratio), 2) + " %"; };
  std::string text =
      fmt::format("Perplexity of those tokens goes from {} to {}, {}", fixed(a, 4), fixed(b, 4), share(change));
  if (!std::isfinite(half)) return text + ".";
  const char* verdict = change - half > 0 ? "a loss" : change + half < 0 ? "a gain" : "no loss seen";
  return text + fmt::format(" (95 %: {} to {}): {}.", share(change - half), share(change + half), verdict);
}

std::string limits_html(const RunRecords& records) {
  std::string html;
  for (const auto& broken : list_in(records.finished, "broken_limits")) {
    if (broken.is_string())
      html += tag("p", {{"class", "broken"}},
                  "A limit of the recipe does not hold: " + escaped(broken.get<std::string>()) + ".");
  }
  return html;
}

std::string position_plot(const std::string& title, const std::string& note, const Json& bins) {
  Curve curve{"", {}};
  std::vector<std::string> places;
  std::int64_t next = 0;
  for (const auto& bin : bins) {
    const double first = value_in(bin, "first"), last = value_in(bin, "last");
    const double kl = value_in(bin, "kl"), half = kNormal * value_in(bin, "kl_se");
    if (!std::isfinite(first) || !std::isfinite(last)) continue;
    const auto begin = static_cast<std::int64_t>(first), end = static_cast<std::int64_t>(last);
    if (begin > next) {  // bins that hold nothing
      places.push_back("…");
      for (auto* values : {&curve.values, &curve.low, &curve.high}) values->push_back(kNothing);
    }
    places.push_back(begin == end ? std::to_string(begin) : fmt::format("{}–{}", begin, end));
    curve.values.push_back(kl);
    curve.low.push_back(std::max(0.0, kl - half));
    curve.high.push_back(kl + half);
    next = end + 1;
  }
  return line_plot({{title, note}, places, {}, {curve}});
}

std::string depth_plot(const RunRecords& records) {
  Curve text{"text", {}}, vision{"vision", {}};
  std::vector<std::string> names;
  bool measured = false;
  for (const auto& block : records.blocks) {
    names.push_back(text_in(block, "block"));
    text.values.push_back(value_in(block, "hidden_error_text"));
    vision.values.push_back(value_in(block, "hidden_error_vision"));
    measured = measured || std::isfinite(text.values.back()) || std::isfinite(vision.values.back());
  }
  if (!measured) return {};
  return line_plot({{"Hidden-state error by depth",
                     "Squared error behind each block relative to the power of the float model's states."},
                    names,
                    spans_of(names),
                    {text, vision}});
}

// One metric of a stack's sites, the worst where several share a cell.
struct Metric {
  const char* key;
  const char* title;
  const char* note;
  bool logarithmic, small_is_bad;
};
constexpr Metric kMetrics[] = {
    {"sqnr_db", "Weight error", "Signal to quantization noise of each weight, dB. Stronger is worse.", false,
     true},
    {"gptq_loss", "Output error",
     "What the method left of its loss on the calibration data. Stronger is worse.", true, false},
};

std::string one_digit(double value) { return fixed(value, 1); }

class Stack {
 public:
  Stack(std::string name, const Metric& metric) : name_(std::move(name)), metric_(metric) {
    map_.caption = {fmt::format("{}, {}", metric.title, name_), metric.note};
    map_.logarithmic = metric.logarithmic;
    map_.small_is_bad = metric.small_is_bad;
    map_.format = metric.logarithmic ? rough : one_digit;
  }

  void add(const SiteName& site, const Json& record) {
    const double value = value_in(record, metric_.key);
    if (!std::isfinite(value)) return;
    const std::size_t r = row_of(site.kind), depth = static_cast<std::size_t>(site.depth);
    auto& values = map_.values[r];
    auto& titles = map_.titles[r];
    if (depth >= values.size()) {
      values.resize(depth + 1, kNothing);
      titles.resize(depth + 1);
    }
    const bool worse = std::isnan(values[depth]) || (value < values[depth]) == metric_.small_is_bad;
    if (!worse) return;
    values[depth] = value;
    titles[depth] = fmt::format("{}\n{} {}\n{}", text_in(record, "site"), metric_.title, map_.format(value),
                                text_in(record, "scheme"));
  }

  std::string html() {
    std::size_t columns = 0;
    for (const auto& row : map_.values) columns = std::max(columns, row.size());
    for (auto& row : map_.values) row.resize(columns, kNothing);
    for (auto& row : map_.titles) row.resize(columns);
    return columns == 0 ? "" : heat_map(map_);
  }

 private:
  std::size_t row_of(const std::string& kind) {
    const auto known = std::find(map_.rows.begin(), map_.rows.end(), kind);
    if (known != map_.rows.end()) return static_cast<std::size_t>(known - map_.rows.begin());
    map_.rows.push_back(kind);
    map_.values.emplace_back();
    map_.titles.emplace_back();
    return map_.rows.size() - 1;
  }

  std::string name_;
  const Metric& metric_;
  HeatMap map_;
};

}  // namespace

std::string verdict_section(const RunRecords& records, const Json& quality) {
  if (!std::isfinite(value_in(quality, "kl"))) {
    const char* text =
        "The loss was not measured: this run had no samples to measure it on. Give calibration data "
        "(--data) and the report says what the model lost.";
    return section("verdict", "Verdict", tag("p", {}, text));
  }
  const double upper = value_in(quality, "kl") + kNormal * value_in(quality, "kl_se");
  std::string html = tag("p", {{"class", "grade"}}, grade_of(upper));
  html +=
      tag("p", {},
          escaped(kl_sentence(quality) + " " + top1_sentence(quality) + " " + perplexity_sentence(quality)));
  html += limits_html(records);
  if (list_in(quality, "samples").size() < kFewSamples)
    html += tag("p", {{"class", "small"}},
                "Intervals from so few samples are rough; they take samples as clusters.");
  html += tag("p", {{"class", "small"}},
              "The words follow the upper end of KL's interval: below 0.002, 0.01, 0.05 and 0.2 nats.");
  return section("verdict", "Verdict", html);
}

std::string divergence_section(const RunRecords& records, const Json& quality) {
  const Json &bins = object_in(quality, "by_position"), &question = object_in(quality, "question");
  std::string html;
  if (!list_in(bins, "answer").empty())
    html += position_plot("KL by position in the answer",
                          "Nats a token, with its 95 % band; 0 is the first token.", list_in(bins, "answer"));
  if (!list_in(bins, "question").empty())
    html += position_plot(
        "KL by position in the question",
        fmt::format("Nats a token, over all {} ± {}; pictures do not count.", number(value_in(question, "kl")),
                    rough(kNormal * value_in(question, "kl_se"))),
        list_in(bins, "question"));
  if (!html.empty()) html = tag("div", {{"class", "pair"}}, html);
  return section("divergence", "Where the predictions part", html + depth_plot(records));
}

std::string sites_section(const RunRecords& records) {
  std::vector<std::string> stacks;
  for (const auto& record : records.sites) {
    const SiteName site = site_name_of(text_in(record, "site"));
    if (site.depth >= 0 && std::find(stacks.begin(), stacks.end(), site.stack) == stacks.end())
      stacks.push_back(site.stack);
  }
  std::string html;
  for (const auto& name : stacks) {
    for (const auto& metric : kMetrics) {
      Stack stack(name, metric);
      for (const auto& record : records.sites) {
        const SiteName site = site_name_of(text_in(record, "site"));
        if (site.stack == name && site.depth >= 0) stack.add(site, record);
      }
      html += stack.html();
    }
  }
  return section("sites", "Error by depth and kind", html);
}

}  // namespace halftone
