#include "halftone/calib/tsv.h"

#include "tests/scoring_fixture.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

using testing::ElementsAre;

// All rows of a text that arrives in pieces of `step` bytes, and whether its quotes are closed.
std::pair<std::vector<std::vector<std::string>>, bool> cut(std::string_view text, std::size_t step) {
  std::vector<std::vector<std::string>> rows(1);
  std::string cell;
  TsvCutter cutter({[&](std::string_view piece) { cell += piece; },
                    [&] {
                      rows.back().push_back(cell);
                      cell.clear();
                    },
                    [&](std::uint64_t) { rows.emplace_back(); }});
  for (std::size_t at = 0; at < text.size(); at += step) cutter.feed(text.substr(at, step));
  const bool closed = cutter.finish();
  rows.pop_back();
  return {rows, closed};
}

TEST(Tsv, RowsDoNotDependOnThePiecesTheyArriveIn) {
  for (const auto& c : scoring_fixture("tsv")) {
    const std::string text = text_of(c, "text");
    const auto whole = cut(text, text.size());
    for (const std::size_t step : {1, 2, 3, 7}) EXPECT_EQ(cut(text, step), whole) << c;
  }
}

TEST(Tsv, EveryRowEndsWhereTheNextBegins) {
  const std::string text = "a\tb\r\n\r\n\"c\nd\"\te\rf\tg";
  std::vector<std::uint64_t> ends;
  TsvCutter cutter({[](std::string_view) {}, [] {}, [&](std::uint64_t end) { ends.push_back(end); }});
  cutter.feed(text);
  cutter.finish();
  EXPECT_THAT(ends,
              ElementsAre(4, 15, 18));  // the line feed behind a return belongs to the next row's blank lines
  EXPECT_THAT(cut_row(text.substr(4, 11)), ElementsAre("c\nd", "e"));
}

TEST(Tsv, AnOpenQuoteIsTold) {
  EXPECT_FALSE(cut("a\t\"b\nc", 64).second);
  EXPECT_TRUE(cut("a\t\"b\nc\"", 64).second);
  EXPECT_TRUE(cut("a\tb\"", 64).second);
}

TEST(Tsv, MissingIsWhatPandasSays) {
  for (const char* cell : {"", "NA", "None", "null", "nan", "N/A", "<NA>"})
    EXPECT_TRUE(is_missing_cell(cell)) << cell;
  for (const char* cell : {"none", "Null", "NAN", " ", "na", "0"}) EXPECT_FALSE(is_missing_cell(cell)) << cell;
}

TEST(Tsv, AColumnIsOfTheNarrowestTypeThatHoldsAllItsCells) {
  const auto type_of = [](const std::vector<std::string>& cells) {
    ColumnTyper typer;
    for (const auto& cell : cells) typer.add(cell);
    return typer.type();
  };
  EXPECT_EQ(type_of({"1", "-2", "007"}), ColumnType::integer);
  EXPECT_EQ(type_of({"1", ""}), ColumnType::real);
  EXPECT_EQ(type_of({"1", "2.5"}), ColumnType::real);
  EXPECT_EQ(type_of({"1", "x"}), ColumnType::text);
  EXPECT_EQ(type_of({"True", "false", ""}), ColumnType::boolean);
  EXPECT_EQ(type_of({"", "NA"}), ColumnType::text);
  EXPECT_EQ(retyped("007", ColumnType::integer), "7");
  EXPECT_EQ(retyped("3", ColumnType::real), "3.0");
  EXPECT_EQ(retyped("TRUE", ColumnType::boolean), "True");
  EXPECT_EQ(retyped("007", ColumnType::text), "007");
}

}  // namespace
}  // namespace halftone
