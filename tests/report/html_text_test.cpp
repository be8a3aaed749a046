#include "halftone/report/html_text.h"

#include <cmath>
#include <limits>

#include "tests/report/well_formed.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

TEST(Escaped, MakesMarkupText) {
  EXPECT_EQ(escaped("<b class=\"x\">a & b</b> 'c'"),
            "&lt;b class=&quot;x&quot;&gt;a &amp; b&lt;/b&gt; &#39;c&#39;");
  EXPECT_EQ(escaped("&amp;"), "&amp;amp;");
  EXPECT_EQ(escaped("line\n\ttab äΩ字😀"), "line\n\ttab äΩ字😀");
}

TEST(Escaped, ReplacesControlsAndBytesThatAreNotUtf8) {
  const std::string r = "\uFFFD";
  EXPECT_EQ(escaped(std::string("a\0b\x1b\x7f", 5)), "a" + r + "b" + r + r);
  EXPECT_EQ(escaped("\xC3"), r);            // cut short
  EXPECT_EQ(escaped("\xC3<"), r + "&lt;");  // must not swallow the tag
  EXPECT_EQ(escaped("\xC0\xBC"), r + r);    // < in two bytes
  EXPECT_EQ(escaped("\xE0\x80\xBC"), r + r + r);
  EXPECT_EQ(escaped("\xED\xA0\x80"), r + r + r);          // a surrogate
  EXPECT_EQ(escaped("\xF4\x90\x80\x80"), r + r + r + r);  // above U+10FFFF
  EXPECT_EQ(escaped("\xBF\xFF"), r + r);
}

TEST(Tags, EscapeAttributesAndTakeContentAsItIs) {
  EXPECT_EQ(tag("p", {{"title", "\"><script>"}}, "<b>x</b>"),
            "<p title=\"&quot;&gt;&lt;script&gt;\"><b>x</b></p>");
  EXPECT_EQ(empty_tag("br", {}), "<br/>");
}

TEST(Numbers, HaveFourDigitsThatCount) {
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(0.000711224), "0.0007112");
  EXPECT_EQ(number(-12.5), "−12.5");
  EXPECT_EQ(number(12345.6), "12346");
  EXPECT_EQ(number(3.14e-7), "3.14e-7");
  EXPECT_EQ(number(6403200), "6.403e6");
  EXPECT_EQ(number(std::nan("")), "–");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "–");
  EXPECT_EQ(rough(0.000407), "0.00041");
  EXPECT_EQ(rough(151.7), "152");
  EXPECT_EQ(fixed(1.94052, 4), "1.9405");
  EXPECT_EQ(signed_fixed(0.179, 2), "+0.18");
  EXPECT_EQ(signed_fixed(-0.179, 1), "−0.2");
  EXPECT_EQ(percent(0.5, 1), "50.0\u00A0%");
  EXPECT_EQ(count_text(1234567), "1\u202F234\u202F567");
  EXPECT_EQ(count_text(-12), "−12");
  EXPECT_EQ(short_count(6403200), "6.4\u00A0M");
  EXPECT_EQ(short_count(999999), "1.0\u00A0M");
  EXPECT_EQ(short_count(256), "256");
}

TEST(Records, GiveNothingForWhatIsMissingOrOfAnotherKind) {
  const Json record = {{"a", 1.5}, {"b", "text"}, {"c", nullptr}, {"d", {1, 2}}};
  EXPECT_EQ(value_in(record, "a"), 1.5);
  for (const char* key : {"b", "c", "d", "e"}) EXPECT_TRUE(std::isnan(value_in(record, key))) << key;
  EXPECT_TRUE(std::isnan(value_in(Json(), "a")));
  EXPECT_EQ(text_in(record, "b"), "text");
  EXPECT_EQ(text_in(record, "a"), "");
  EXPECT_EQ(list_in(record, "d").size(), 2u);
  EXPECT_TRUE(list_in(record, "b").empty());
  EXPECT_TRUE(object_in(Json::array(), "x").is_object());
}

// The check that the other tests rely on.
TEST(WellFormed, SeesWhatIsWrong) {
  EXPECT_EQ(test::fault_of("<!DOCTYPE html>\n<p a=\"x\">y<br/></p>"), "");
  for (const char* html :
       {"<p>", "<p></b>", "<p><b></p></b>", "</p>", "a & b", "<p a=\"&x\"></p>", "1 < 2", "a > b"})
    EXPECT_NE(test::fault_of(html), "") << html;
}

}  // namespace
}  // namespace halftone
