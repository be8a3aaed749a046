#include "halftone/report/html_plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace halftone {
namespace {

constexpr double kSide = 1000;           // of the drawing; the page stretches it
constexpr std::size_t kLevels = 9;       // steps of the palette
constexpr std::size_t kWordyCells = 14;  // columns up to which cells hold their value
constexpr std::size_t kTicks = 8;
constexpr std::size_t kDotted = 40;  // places up to which each value has a dot
constexpr double kLogSpan = 30;

std::string at_percent(const char* side, double share) { return fmt::format("{}:{:.3f}%", side, 100 * share); }
std::string share_text(double share) { return fmt::format("{:.3f}%", 100 * share); }

// A range of values, and where a value stands in it: 0 at the low end, 1 at the high one.
struct Scale {
  double low = 0, high = 1;
  bool logarithmic = false;

  bool holds(double v) const { return std::isfinite(v) && (!logarithmic || v > 0); }
  double place(double v) const {
    const double share = logarithmic ? (std::log(v) - std::log(low)) / (std::log(high) - std::log(low))
                                     : (v - low) / (high - low);
    return std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0;
  }
};

void widen(double& low, double& high, const std::vector<double>& values, bool positive) {
  for (const double v : values) {
    if (!std::isfinite(v) || (positive && v <= 0)) continue;
    low = std::min(low, v);
    high = std::max(high, v);
  }
}

// Steps of 1, 2 or 5 times a power of ten that divide the range into five or fewer.
std::vector<double> linear_ticks(double high) {
  double step = std::pow(10, std::floor(std::log10(high / 5)));
  for (const double factor : {2.0, 2.5, 2.0}) {
    if (high / step > 5) step *= factor;
  }
  std::vector<double> ticks;
  for (int i = 0; i * step < high * (1 + 1e-9); ++i) ticks.push_back(i * step);
  if (ticks.back() < high * (1 - 1e-9)) ticks.push_back(ticks.back() + step);
  return ticks;
}

std::vector<double> log_ticks(double low, double high) {
  const int first = static_cast<int>(std::floor(std::log10(low) + 1e-9));
  const int last = std::max(first + 1, static_cast<int>(std::ceil(std::log10(high) - 1e-9)));
  const int step = (last - first + 4) / 5;
  std::vector<double> ticks;
  for (int e = first; e < last + step; e += step) ticks.push_back(std::pow(10, e));
  return ticks;
}

// The axis of a plot: its scale ends at the outer ticks.
struct YAxis {
  Scale scale;
  std::vector<double> ticks;
  bool empty = false;
};

YAxis y_axis(const std::vector<Curve>& curves) {
  double low = std::numeric_limits<double>::infinity(), high = -low, least = low, most = high;
  for (const auto& curve : curves) {
    widen(low, high, curve.values, false);
    widen(least, most, curve.values, true);
  }
  YAxis axis;
  axis.empty = !std::isfinite(low);
  if (axis.empty) return axis;
  const bool banded = std::any_of(curves.begin(), curves.end(), [](const auto& c) { return !c.high.empty(); });
  axis.scale.logarithmic = !banded && std::isfinite(least) && most / least >= kLogSpan;
  if (axis.scale.logarithmic) {
    axis.ticks = log_ticks(least, most);
  } else {
    for (const auto& curve : curves) widen(low, high, curve.high, false);
    axis.ticks = linear_ticks(high > 0 ? high : 1);
  }
  axis.scale.low = axis.ticks.front();
  axis.scale.high = axis.ticks.back();
  return axis;
}

double x_of(std::size_t i, std::size_t n) {
  return (static_cast<double>(i) + 0.5) / static_cast<double>(n) * kSide;
}
double y_of(const Scale& scale, double v) { return kSide * (1 - scale.place(v)); }

// The curve as pieces between gaps, and a dot a value (a line of no length with round ends).
std::string curve_path(const Curve& curve, const Scale& scale, const std::string& style) {
  std::string line, dots;
  bool open = false;
  for (std::size_t i = 0; i < curve.values.size(); ++i) {
    const double v = curve.values[i];
    if (!scale.holds(v)) {
      open = false;
      continue;
    }
    const std::string point = fmt::format("{:.1f} {:.1f}", x_of(i, curve.values.size()), y_of(scale, v));
    line += (open ? "L" : "M") + point;
    dots += "M" + point + "h0";
    open = true;
  }
  if (curve.values.size() > kDotted) dots.clear();
  return empty_tag("path", {{"class", "line " + style}, {"d", line}}) +
         (dots.empty() ? "" : empty_tag("path", {{"class", "dots " + style}, {"d", dots}}));
}

// The band between low and high, a polygon for each piece between gaps.
std::string band_path(const Curve& curve, const Scale& scale, const std::string& style) {
  std::string path, there, back;
  const auto close = [&] {
    if (!there.empty()) path += "M" + there.substr(1) + back + "Z";
    there.clear();
    back.clear();
  };
  for (std::size_t i = 0; i < std::min(curve.low.size(), curve.high.size()); ++i) {
    if (!scale.holds(curve.values[i]) || !std::isfinite(curve.low[i]) || !std::isfinite(curve.high[i])) {
      close();
      continue;
    }
    const double x = x_of(i, curve.values.size());
    there += fmt::format("L{:.1f} {:.1f}", x, y_of(scale, curve.high[i]));
    back = fmt::format("L{:.1f} {:.1f}", x, y_of(scale, curve.low[i])) + back;
  }
  close();
  return path.empty() ? "" : empty_tag("path", {{"class", "band " + style}, {"d", path}});
}

// What a place says when it is pointed at.
std::string place_title(const LinePlot& plot, std::size_t i) {
  std::string text = plot.places[i];
  for (const auto& curve : plot.curves) {
    if (i >= curve.values.size() || !std::isfinite(curve.values[i])) continue;
    text += "\n" + (curve.name.empty() ? "" : curve.name + " ") + plot.format(curve.values[i]);
    const bool banded = i < curve.low.size() && i < curve.high.size() && std::isfinite(curve.high[i]);
    if (banded) text += fmt::format(" ({} to {})", plot.format(curve.low[i]), plot.format(curve.high[i]));
  }
  return text;
}

std::string drawing(const LinePlot& plot, const YAxis& axis) {
  std::string svg;
  for (const double tick : axis.ticks)
    svg += empty_tag("path", {{"class", "rule"}, {"d", fmt::format("M0 {:.1f}H1000", y_of(axis.scale, tick))}});
  const std::size_t n = plot.places.size();
  for (const auto& span : plot.spans) {
    if (span.first == 0) continue;
    const double x = x_of(span.first, n) - kSide / 2 / static_cast<double>(n);
    svg += empty_tag("path", {{"class", "rule"}, {"d", fmt::format("M{:.1f} 0V1000", x)}});
  }
  const char* styles[] = {"one", "two"};
  for (std::size_t c = 0; c < plot.curves.size(); ++c) {
    svg += band_path(plot.curves[c], axis.scale, styles[c % 2]);
    svg += curve_path(plot.curves[c], axis.scale, styles[c % 2]);
  }
  for (std::size_t i = 0; i < n; ++i) {
    svg += tag("rect",
               {{"class", "place"},
                {"x", fmt::format("{:.2f}", x_of(i, n) - kSide / 2 / static_cast<double>(n))},
                {"width", fmt::format("{:.2f}", kSide / static_cast<double>(n))},
                {"height", "1000"}},
               tag("title", {}, escaped(place_title(plot, i))));
  }
  return tag("svg",
             {{"viewBox", "0 0 1000 1000"},
              {"preserveAspectRatio", "none"},
              {"role", "img"},
              {"aria-label", plot.caption.title}},
             svg);
}

// Words below the axis: names of spans, or about eight of the places, ranges by where they begin.
std::string x_words(const std::vector<std::string>& places, const std::vector<Span>& spans) {
  std::string words;
  const auto n = static_cast<double>(places.size());
  for (const auto& span : spans) {
    if (span.count < 2) continue;
    words += tag("span",
                 {{"class", "span"},
                  {"style", at_percent("left", static_cast<double>(span.first) / n) + ";" +
                                at_percent("width", static_cast<double>(span.count) / n)}},
                 escaped(span.name));
  }
  if (!spans.empty()) return words;
  const std::size_t step = (places.size() + kTicks - 1) / kTicks;
  for (std::size_t i = 0; i < places.size(); i += step) {
    words += tag("span", {{"style", at_percent("left", (static_cast<double>(i) + 0.5) / n)}},
                 escaped(places[i].substr(0, places[i].find("–"))));
  }
  return words;
}

std::string legend(const std::vector<Curve>& curves) {
  std::string html;
  const char* styles[] = {"one", "two"};
  for (std::size_t c = 0; c < curves.size(); ++c) {
    if (curves[c].name.empty()) continue;
    const std::string key =
        tag("svg", {{"class", "key"}, {"viewBox", "0 0 26 8"}, {"aria-hidden", "true"}},
            empty_tag("path", {{"class", std::string("line ") + styles[c % 2]}, {"d", "M1 4H25"}}));
    html += tag("span", {{"class", "entry"}}, key + escaped(curves[c].name));
  }
  return html.empty() ? "" : tag("div", {{"class", "legend"}}, html);
}

std::string caption(const Caption& c) {
  return tag("figcaption", {},
             tag("h3", {}, escaped(c.title)) + (c.note.empty() ? "" : tag("p", {}, escaped(c.note))));
}

// The least and the greatest value of a map.
Scale heat_scale(const HeatMap& map) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const auto& row : map.values) widen(low, high, row, map.logarithmic);
  return {low, high, map.logarithmic};
}

std::size_t level_of(const HeatMap& map, const Scale& scale, double value) {
  double share = scale.high > scale.low ? scale.place(value) : 0.5;
  if (map.small_is_bad) share = 1 - share;
  return std::min(kLevels - 1, static_cast<std::size_t>(share * kLevels));
}

std::string heat_row(const HeatMap& map, const Scale& scale, std::size_t r) {
  const auto& row = map.values[r];
  const auto n = static_cast<double>(row.size());
  const bool wordy = row.size() <= kWordyCells;
  std::string cells;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (!scale.holds(row[i])) continue;
    const std::size_t level = level_of(map, scale, row[i]);
    const double left = static_cast<double>(i) / n;
    std::string cell = tag("rect",
                           {{"class", fmt::format("c{}", level)},
                            {"x", share_text(left)},
                            {"width", share_text(1 / n)},
                            {"height", "100%"}},
                           tag("title", {}, escaped(map.titles[r][i])));
    if (wordy) {
      cell += tag(
          "text",
          {{"class", level > kLevels / 2 ? "on dark" : "on"}, {"x", share_text(left + 0.5 / n)}, {"y", "50%"}},
          escaped(map.format(row[i])));
    }
    cells += cell;
  }
  return tag("div", {{"class", "kind"}}, escaped(map.rows[r])) +
         tag("svg", {{"class", wordy ? "tall" : "low"}}, cells);
}

std::string heat_legend(const HeatMap& map, const Scale& scale) {
  std::string swatches;
  for (std::size_t i = 0; i < kLevels; ++i) {
    swatches += empty_tag("rect", {{"class", fmt::format("c{}", i)},
                                   {"x", share_text(static_cast<double>(i) / kLevels)},
                                   {"width", share_text(1.0 / kLevels)},
                                   {"height", "100%"}});
  }
  const double ends[2] = {map.small_is_bad ? scale.high : scale.low, map.small_is_bad ? scale.low : scale.high};
  return tag("div", {{"class", "swatches"}},
             tag("span", {}, escaped(map.format(ends[0]))) + tag("svg", {{"aria-hidden", "true"}}, swatches) +
                 tag("span", {}, escaped(map.format(ends[1])) + " worst"));
}

}  // namespace

std::string line_plot(const LinePlot& plot) {
  const YAxis axis = y_axis(plot.curves);
  if (axis.empty || plot.places.empty())
    return tag("figure", {}, caption(plot.caption) + tag("p", {{"class", "nothing"}}, "Nothing was measured."));
  std::string ys;
  for (const double tick : axis.ticks) {
    ys += tag("span", {{"style", at_percent("top", 1 - axis.scale.place(tick))}}, escaped(plot.format(tick)));
  }
  Caption words = plot.caption;
  if (axis.scale.logarithmic) words.note += words.note.empty() ? "Logarithmic." : " Logarithmic.";
  return tag("figure", {},
             caption(words) + legend(plot.curves) +
                 tag("div", {{"class", "frame"}},
                     tag("div", {{"class", "ys"}}, ys) + tag("div", {{"class", "area"}}, drawing(plot, axis)) +
                         tag("div", {{"class", "xs"}}, x_words(plot.places, plot.spans))));
}

std::string heat_map(const HeatMap& map) {
  const Scale scale = heat_scale(map);
  if (!std::isfinite(scale.low)) return {};
  std::string rows;
  for (std::size_t r = 0; r < map.rows.size(); ++r) rows += heat_row(map, scale, r);
  std::vector<std::string> depths;
  for (std::size_t i = 0; i < map.values[0].size(); ++i) depths.push_back(std::to_string(i));
  rows += tag("div", {{"class", "kind"}}, "layer") + tag("div", {{"class", "xs"}}, x_words(depths, {}));
  return tag("figure", {},
             caption(map.caption) + heat_legend(map, scale) + tag("div", {{"class", "heat"}}, rows));
}

std::string stacked_bar(const std::vector<Part>& parts, double total) {
  std::string bar;
  double left = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const double width = total > 0 ? parts[i].value / total : 0;
    bar += tag("rect",
               {{"class", fmt::format("s{}", i % 5)},
                {"x", share_text(left)},
                {"width", share_text(width)},
                {"height", "100%"}},
               tag("title", {}, escaped(parts[i].title)));
    left += width;
  }
  return tag("svg", {{"class", "stack"}}, bar);
}

std::string interval_bar(const std::vector<Interval>& intervals, double from, double to) {
  const auto x = [&](double v) { return share_text(0.03 + 0.94 * Scale{from, to, false}.place(v)); };
  std::string svg =
      empty_tag("line", {{"class", "rule"}, {"x1", "0"}, {"x2", "100%"}, {"y1", "50%"}, {"y2", "50%"}});
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    const Interval& v = intervals[i];
    if (!std::isfinite(v.value)) continue;
    const std::string y = i == 0 ? "32%" : "68%", style = i == 0 ? "one" : "two";
    std::string marks;
    if (std::isfinite(v.low) && std::isfinite(v.high))
      marks += empty_tag(
          "line", {{"class", "line " + style}, {"x1", x(v.low)}, {"x2", x(v.high)}, {"y1", y}, {"y2", y}});
    marks += empty_tag("circle", {{"class", "mark " + style}, {"cx", x(v.value)}, {"cy", y}, {"r", "4.5"}});
    svg += tag("g", {}, tag("title", {}, escaped(v.title)) + marks);
  }
  return tag("svg", {{"class", "interval"}, {"role", "img"}}, svg);
}

std::string brand_mark() {
  std::string dots;
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 5; ++x) {
      const double radius = 4.6 - 0.5 * (x + y);
      dots += empty_tag("circle", {{"cx", std::to_string(5 + 10 * x)},
                                   {"cy", std::to_string(5 + 10 * y)},
                                   {"r", fmt::format("{:.1f}", radius)}});
    }
  }
  return tag("svg", {{"class", "brand"}, {"viewBox", "0 0 50 50"}, {"aria-hidden", "true"}}, dots);
}

}  // namespace halftone
