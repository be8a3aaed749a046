#include "tests/report/well_formed.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "halftone/report/html_sections.h"

namespace halftone {
namespace {

using testing::HasSubstr;
using testing::Not;

const Json kResult = Json::parse(R"({
  "task": "ocr<bench>", "profile": "p&q", "rows": 100, "note": "exact matching",
  "scores": [{"name": "Final", "value": 83, "low": 80, "high": 86, "out_of": 100, "unit": "points"}, {"name": "Other", "value": 1}],
  "against": {"scores": [{"name": "Final", "value": 84.5, "low": 81, "high": 87}],
              "differences": [{"name": "Final", "value": -1.5, "low": -3, "high": 0.25, "verdict": "no loss seen"}]}})");

TEST(Scores, StandBesideTheFloatModelWithTheirIntervals) {
  const std::string html = scores_section({kResult});
  EXPECT_EQ(test::fault_of(html), "");
  for (const char* piece : {"ocr&lt;bench&gt;", "p&amp;q · 100 rows · exact matching", "Final, points",
                            "83 (80 to 86)", "84.5 (81 to 87)", "−1.50 (−3.00 to +0.25)", "no loss seen"})
    EXPECT_THAT(html, HasSubstr(piece));
}

TEST(Scores, AreOptional) {
  EXPECT_EQ(scores_section({}), "");
  EXPECT_EQ(scores_section({Json::object(), Json(), Json({{"scores", "none"}})}), "");
}

Json result_with(const Json& worst) { return {{"task", "t"}, {"worst", worst}}; }

TEST(Worst, AnswersComeByWhatTheyLostAndTwentyAtMost) {
  Json rows = Json::array();
  for (int i = 0; i < 30; ++i)
    rows.push_back({{"index", std::to_string(i)},
                    {"score", 0.0},
                    {"score_against", i == 29 ? 1.0 : 0.5},
                    {"answer", "a"}});
  const std::string html = worst_section({result_with(rows)});
  EXPECT_EQ(test::fault_of(html), "");
  EXPECT_LT(html.find("t, row 29<"), html.find("t, row 0<"));
  EXPECT_THAT(html, HasSubstr("t, row 18<"));
  EXPECT_THAT(html, Not(HasSubstr("t, row 19<")));
}

TEST(Worst, ShowsOnlyPicturesThatLieInThePage) {
  const auto page = [](const std::string& url) {
    return worst_section({result_with({{{"index", "1"}, {"question", "q"}, {"pictures", {url}}}})});
  };
  EXPECT_THAT(page("data:image/png;base64,iVBORw0K"), HasSubstr("src=\"data:image/png;base64,iVBORw0K\""));
  for (const char* url : {"http://example.org/a.png", "file:///etc/passwd", "javascript:alert(1)",
                          "data:text/html;base64,PGI+", "data:image/svg+xml;base64,PHN2Zz4=",
                          "data:image/png;x=1;base64,AAAA", "data:image/png;base64,AA\" onerror=\"x"}) {
    EXPECT_THAT(page(url), Not(HasSubstr("<img"))) << url;
    EXPECT_THAT(page(url), HasSubstr("no picture")) << url;
  }
}

TEST(Worst, EscapesAnswersAndCutsLongOnesBetweenCharacters) {
  std::string longest;
  for (int i = 0; i < 1000; ++i) longest += "ä";
  const std::string html = worst_section({result_with({{{"index", "<1>"},
                                                        {"question", "</dd><script>alert(1)</script>"},
                                                        {"expected", "\"><img src=x>"},
                                                        {"answer", longest + "x"},
                                                        {"answer_against", ""},
                                                        {"score_against", 1}}})});
  EXPECT_EQ(test::fault_of(html), "");
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, Not(HasSubstr("\uFFFD")));
  EXPECT_THAT(html, HasSubstr("ä …"));
  EXPECT_THAT(html, HasSubstr("(nothing)"));
}

}  // namespace
}  // namespace halftone
