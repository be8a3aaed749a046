#include "halftone/report/html_plot.h"

#include <cmath>
#include <regex>

#include "tests/report/well_formed.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

using testing::HasSubstr;
using testing::Not;

const double kGap = std::nan("");

std::vector<std::string> all_matches(const std::string& text, const std::string& pattern) {
  std::vector<std::string> found;
  const std::regex regex(pattern);
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it)
    found.push_back((*it)[1]);
  return found;
}

LinePlot plot_of(std::vector<double> values) {
  LinePlot plot;
  plot.caption = {"Title", ""};
  for (std::size_t i = 0; i < values.size(); ++i) plot.places.push_back(std::to_string(i));
  plot.curves.push_back({"curve", std::move(values)});
  return plot;
}

// Places stand in the middle of equal parts of 1000; the axis goes from 0 to the tick above the largest value.
TEST(LinePlot, DrawsPointsWhereTheyBelong) {
  const std::string html = line_plot(plot_of({0, 2, 4}));
  EXPECT_EQ(test::fault_of(html), "");
  EXPECT_THAT(html, HasSubstr("M166.7 1000.0L500.0 500.0L833.3 0.0"));
  EXPECT_THAT(html, HasSubstr("<title>1\ncurve 2</title>"));
}

TEST(LinePlot, MissingValuesAreGaps) {
  const std::string html = line_plot(plot_of({4, kGap, 4, 0, INFINITY}));
  EXPECT_THAT(html, HasSubstr("d=\"M100.0 0.0M500.0 0.0L700.0 1000.0\""));
  EXPECT_THAT(html, HasSubstr("<title>1</title>"));
  for (const char* word : {"nan", "inf"}) EXPECT_THAT(html, Not(HasSubstr(word)));
}

TEST(LinePlot, WithoutAnyValueSaysSo) {
  for (const auto& values : {std::vector<double>{}, std::vector<double>{kGap, kGap}}) {
    const std::string html = line_plot(plot_of(values));
    EXPECT_THAT(html, HasSubstr("Nothing was measured"));
    EXPECT_EQ(test::fault_of(html), "");
  }
}

TEST(LinePlot, TakesALogarithmForWideRangesAndThenZeroIsAGap) {
  const std::string html = line_plot(plot_of({0, 0.01, 1, 100}));
  EXPECT_THAT(html, HasSubstr("Logarithmic"));
  EXPECT_THAT(html, HasSubstr("d=\"M375.0 1000.0L625.0 500.0L875.0 0.0\""));
  // With a band zero matters: the axis stays linear.
  LinePlot banded = plot_of({0.01, 100});
  banded.curves[0].low = {0, 50};
  banded.curves[0].high = {1, 150};
  const std::string linear = line_plot(banded);
  EXPECT_THAT(linear, Not(HasSubstr("Logarithmic")));
  EXPECT_THAT(linear, HasSubstr("class=\"band one\""));
  EXPECT_THAT(linear, HasSubstr("100 (50 to 150)"));
}

TEST(LinePlot, AllZerosLieOnTheAxis) {
  EXPECT_THAT(line_plot(plot_of({0, 0})), HasSubstr("1000.0L750.0 1000.0"));
}

TEST(LinePlot, EscapesWhatItIsGiven) {
  LinePlot plot = plot_of({1, 2});
  plot.caption = {"<i>\"", "&"};
  plot.places = {"<x>", "\"y\""};
  plot.spans = {{"</span><script>", 0, 2}};
  plot.curves[0].name = "<c>";
  const std::string html = line_plot(plot);
  EXPECT_EQ(test::fault_of(html), "");
  EXPECT_THAT(html, Not(HasSubstr("<script")));
}

HeatMap map_of(std::vector<std::vector<double>> values) {
  HeatMap map;
  for (const auto& row : values) {
    map.rows.push_back("row<" + std::to_string(map.rows.size()));
    map.titles.emplace_back(row.size(), "here & there");
  }
  map.values = std::move(values);
  return map;
}

TEST(HeatMap, HasACellForEachValueAndNoneForGaps) {
  const std::string html = heat_map(map_of({{1, kGap}, {5, 9}}));
  EXPECT_EQ(test::fault_of(html), "");
  const auto levels = all_matches(html.substr(html.find("class=\"heat\"")), "rect class=\"c(\\d)\"");
  EXPECT_EQ(levels, (std::vector<std::string>{"0", "4", "8"}));
  EXPECT_THAT(html, HasSubstr("row&lt;0"));
}

TEST(HeatMap, TurnsRoundWhereSmallIsBad) {
  HeatMap map = map_of({{1, 9}});
  map.small_is_bad = true;
  const std::string html = heat_map(map);
  EXPECT_EQ(all_matches(html.substr(html.find("class=\"heat\"")), "rect class=\"c(\\d)\""),
            (std::vector<std::string>{"8", "0"}));
  EXPECT_THAT(html, HasSubstr("1 worst"));
}

TEST(HeatMap, LogarithmsPutTheMiddleInTheMiddleAndSkipZero) {
  HeatMap map = map_of({{0, 0.01, 1, 100}});
  map.logarithmic = true;
  const std::string html = heat_map(map);
  EXPECT_EQ(all_matches(html.substr(html.find("class=\"heat\"")), "rect class=\"c(\\d)\""),
            (std::vector<std::string>{"0", "4", "8"}));
}

TEST(HeatMap, WritesValuesOnlyIntoWideCells) {
  EXPECT_EQ(all_matches(heat_map(map_of({std::vector<double>(14, 1)})), "(<text)").size(), 14u);
  EXPECT_EQ(all_matches(heat_map(map_of({std::vector<double>(80, 1)})), "(<text)").size(), 0u);
  EXPECT_EQ(heat_map(map_of({{kGap}})), "");
}

TEST(StackedBar, IsAsLongAsItsShare) {
  const std::string html = stacked_bar({{"a", 1, "a: 1"}, {"b", 2, "b<"}}, 4);
  EXPECT_EQ(test::fault_of(html), "");
  EXPECT_EQ(all_matches(html, "width=\"([\\d.]+)%\""), (std::vector<std::string>{"25.000", "50.000"}));
  EXPECT_EQ(test::fault_of(stacked_bar({{"a", 0, ""}}, 0)), "");
}

TEST(IntervalBar, HasAMarkForEachValueAndAWhiskerWhereThereIsAnInterval) {
  const std::string html = interval_bar({{5, 0, 10, "a"}, {5, kGap, kGap, "b"}, {kGap, 0, 1, "c"}}, 0, 10);
  EXPECT_EQ(test::fault_of(html), "");
  EXPECT_EQ(all_matches(html, "cx=\"([\\d.]+)%\""), (std::vector<std::string>{"50.000", "50.000"}));
  EXPECT_EQ(all_matches(html, "(<line class=\"line)").size(), 1u);
  EXPECT_EQ(test::fault_of(brand_mark()), "");
}

}  // namespace
}  // namespace halftone
