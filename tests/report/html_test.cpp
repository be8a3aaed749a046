#include "halftone/report/html.h"

#include <regex>

#include "tests/report/well_formed.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

using testing::HasSubstr;
using testing::Not;

// Puts `text` wherever a record may hold one.
ReportInput hostile(const std::string& text) {
  ReportInput input;
  input.records = {{{"kind", "run"},
                    {"model", text},
                    {"recipe", text},
                    {"version", text},
                    {"source", text},
                    {"calibration_samples", {text}}},
                   {{"kind", "bytes"}, {"format", text}, {"stages", {{{"stage", text}, {"bytes_in", 4}}}}},
                   {{"kind", "plan"}, {"engines", {{text, 1}}}},
                   {{"kind", "site"}, {"site", "language.0." + text}, {"scheme", text}, {"sqnr_db", 3}},
                   {{"kind", "site"}, {"site", text + ".0.q"}, {"scheme", text}, {"gptq_loss", 3}},
                   {{"kind", "block"}, {"block", text}, {"seconds", 1}, {"hidden_error_text", 1}},
                   {{"kind", "finished"}, {"broken_limits", {text}}}};
  input.quality = {{"kl", 1}, {"samples", {text}}};
  input.recipe = text;
  const Json score = {{"name", text}, {"value", 1}, {"unit", text}, {"verdict", text}};
  input.evaluations = {{{"task", text},
                        {"profile", text},
                        {"note", text},
                        {"scores", {score}},
                        {"against", {{"scores", {score}}, {"differences", {score}}}},
                        {"worst",
                         {{{"index", text},
                           {"question", text},
                           {"expected", text},
                           {"answer", text},
                           {"answer_against", text},
                           {"pictures", {text}}}}}}};
  return input;
}

TEST(HtmlReport, IsOnePageThatFetchesAndRunsNothing) {
  std::vector<std::string> tags;
  const std::string html = html_report(hostile("x"));
  EXPECT_EQ(test::fault_of(html, &tags), "");
  EXPECT_TRUE(html.starts_with("<!DOCTYPE html>"));
  EXPECT_THAT(html, HasSubstr("default-src &#39;none&#39;"));
  for (const auto& tag : tags)
    EXPECT_FALSE(std::regex_search(tag, std::regex("^(script|link|iframe|a) |src=|href="))) << tag;
  EXPECT_THAT(html, Not(HasSubstr("@import")));
  EXPECT_THAT(html, Not(HasSubstr("url(")));
  for (const char* scheme : {"http:", "https:", "file:"}) EXPECT_THAT(html, Not(HasSubstr(scheme)));
}

// The same elements whatever the strings say: none of them becomes markup.
TEST(HtmlReport, EscapesEveryString) {
  std::vector<std::string> plain, spoiled;
  const auto names_only = [](std::vector<std::string>& tags) {
    for (auto& tag : tags) tag = tag.substr(0, tag.find(' '));
  };
  ASSERT_EQ(test::fault_of(html_report(hostile("x")), &plain), "");
  for (const std::string text : {"<script>alert(1)</script>", "\" onload=\"alert(1)", "' x='", "</title><b>",
                                 "]]>--><!--", "&lt;b&gt;", "\x01\xff\xc3<"}) {
    spoiled.clear();
    ASSERT_EQ(test::fault_of(html_report(hostile(text)), &spoiled), "") << text;
    names_only(plain);
    names_only(spoiled);
    EXPECT_EQ(spoiled, plain) << text;
  }
}

TEST(HtmlReport, StandsWithoutAnyRecord) {
  const std::string html = html_report({});
  EXPECT_EQ(test::fault_of(html), "");
  EXPECT_THAT(html, HasSubstr("was not measured"));
}

TEST(HtmlReport, StandsWithRecordsOfTheWrongKind) {
  ReportInput input;
  for (const char* kind : {"run", "bytes", "plan", "site", "block", "finished"}) {
    input.records.push_back({{"kind", kind},
                             {"stages", 1},
                             {"blocks", "x"},
                             {"site", 7},
                             {"block", nullptr},
                             {"seconds", "soon"},
                             {"engines", {1, 2}},
                             {"broken_limits", {nullptr}}});
  }
  input.quality = {{"kl", 0.5}, {"by_position", {{"answer", {1, nullptr, {{"first", 1}}}}}}};
  input.evaluations = {{{"scores", {1, nullptr}}, {"worst", {3, "x"}}, {"against", 4}}};
  const std::string html = html_report(input);
  EXPECT_EQ(test::fault_of(html), "");
  EXPECT_THAT(html.substr(html.find("<body")), Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace halftone
