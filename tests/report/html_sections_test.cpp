#include "halftone/report/html_sections.h"

#include "tests/report/well_formed.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

void expect_site(const std::string& name, const std::string& stack, int depth, const std::string& kind) {
  const SiteName site = site_name_of(name);
  EXPECT_EQ(site.stack, stack) << name;
  EXPECT_EQ(site.depth, depth) << name;
  EXPECT_EQ(site.kind, kind) << name;
}

TEST(SiteNames, ComeApartIntoStackDepthAndKind) {
  expect_site("language.3.down", "language", 3, "down");
  expect_site("language.79.experts.17.up", "language", 79, "experts.*.up");
  expect_site("bridge.fc1", "bridge", -1, "fc1");
  expect_site("head", "head", -1, "");
  expect_site("vision.3", "vision", -1, "*");
  expect_site("", "", -1, "");
  expect_site("language.99999999999.q", "language", -1, "99999999999.q");
}

TEST(Spans, JoinNeighboursOfOneStack) {
  const auto spans = spans_of({"patch", "vision.0", "vision.1", "bridge", "language.0", "vision.2"});
  ASSERT_EQ(spans.size(), 5u);
  EXPECT_EQ(spans[1].name, "vision");
  EXPECT_EQ(spans[1].first, 1u);
  EXPECT_EQ(spans[1].count, 2u);
  EXPECT_EQ(spans[4].first, 5u);
  EXPECT_TRUE(spans_of({}).empty());
}

TEST(SortedRecords, TakeLinesByKindAndPassOverOthers) {
  const RunRecords r = sorted_records({{{"kind", "run"}, {"version", "1"}},
                                       {{"kind", "site"}},
                                       {{"kind", "site"}},
                                       {{"kind", "block"}},
                                       {{"kind", "news"}},
                                       Json::array(),
                                       nullptr});
  EXPECT_EQ(r.run["version"], "1");
  EXPECT_EQ(r.sites.size(), 2u);
  EXPECT_EQ(r.blocks.size(), 1u);
  EXPECT_TRUE(r.finished.is_null());
}

TEST(Tables, AlignColumnsAndEscapeHeaders) {
  const std::string html = html_table({"a<", "b"}, {{"<i>1</i>", "2"}}, "lr");
  EXPECT_EQ(test::fault_of(html), "");
  EXPECT_NE(html.find("<th>a&lt;</th><th class=\"r\">b</th>"), std::string::npos);
  EXPECT_NE(html.find("<td><i>1</i></td><td class=\"r\">2</td>"), std::string::npos);
}

TEST(Sections, WithoutContentAreNotThere) {
  EXPECT_EQ(section("id", "Heading", ""), "");
  EXPECT_EQ(test::fault_of(section("id", "a & b", folded("<x>", "y"))), "");
}

}  // namespace
}  // namespace halftone
