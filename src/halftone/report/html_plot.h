// Charts as SVG inside HTML: the drawing stretches with the page, words and strokes keep their size. Values
// that are not finite are gaps.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "halftone/report/html_text.h"

namespace halftone {

// A title and a line on how to read it go with every chart.
struct Caption {
  std::string title, note;
};

struct Curve {
  std::string name;
  std::vector<double> values;
  std::vector<double> low = {}, high = {};  // a band around it; empty: none
};

// A run of neighbouring places that share a name below the axis.
struct Span {
  std::string name;
  std::size_t first = 0, count = 0;
};

struct LinePlot {
  Caption caption;
  std::vector<std::string> places;  // one a value: ticks and tooltips
  std::vector<Span> spans = {};     // instead of ticks
  std::vector<Curve> curves;        // at most two: solid, then dashed
  std::function<std::string(double)> format = number;
};
// Values from 0 on a linear axis; on a logarithmic one where the positive values span a factor of 30 or more,
// and then zeros are gaps. Without a finite value: a sentence instead of axes.
std::string line_plot(const LinePlot& plot);

struct HeatMap {
  Caption caption;
  std::vector<std::string> rows;
  std::vector<std::vector<double>> values;       // a row each, all of one length
  std::vector<std::vector<std::string>> titles;  // of the same shape: tooltips
  bool logarithmic = false;
  bool small_is_bad = false;  // the strong end of the palette is the bad one
  std::function<std::string(double)> format = number;
};
// With few columns the values stand in their cells.
std::string heat_map(const HeatMap& map);

// Parts of a whole, beside each other; `total` is the width of the frame.
struct Part {
  std::string name;
  double value = 0;
  std::string title;
};
std::string stacked_bar(const std::vector<Part>& parts, double total);

// A value with its interval on a common axis from `from` to `to`; two markers: filled, then hollow.
struct Interval {
  double value = 0, low = 0, high = 0;
  std::string title;
};
std::string interval_bar(const std::vector<Interval>& intervals, double from, double to);

// The halftone mark: dots that shrink.
std::string brand_mark();

}  // namespace halftone
