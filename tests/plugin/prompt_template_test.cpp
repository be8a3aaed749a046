#include "halftone/plugin/prompt_template.h"

#include "tests/expect_error.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

EvalRow row(std::map<std::string, std::string> columns) {
  EvalRow r;
  r.origin = "data.tsv, row 3";
  r.columns = std::move(columns);
  return r;
}

TEST(FillTemplate, ColumnsStandInTheText) {
  const EvalRow r =
      row({{"question", "Why?"}, {"hint", "look"}, {"B", "two"}, {"A", "one"}, {"l2-category", "x"}});
  EXPECT_EQ(fill_template("{question}", r), "Why?");
  EXPECT_EQ(fill_template("[{hint}\n]{question}\n{options}\n{l2-category}", r),
            "look\nWhy?\nA. one\nB. two\nx");
  EXPECT_EQ(fill_template("[[a]] {{b}} [c]", r), "[a] {b} c");
}

TEST(FillTemplate, APartInBracketsGoesWithItsColumn) {
  const EvalRow r = row({{"question", "Why?"}});
  EXPECT_EQ(fill_template("[Hint: {hint}\n]Q: {question}[\n{options}]", r), "Q: Why?");
  EXPECT_EQ(fill_template("[{hint} and {question}]{question}[!]", r), "Why?!");
}

TEST(FillTemplate, FiltersArePythonsMethods) {
  const EvalRow r =
      row({{"question", "\xC2\xA0 what is IBM \xE3\x80\x80"}, {"mme", "Is it? Please answer yes or no."}});
  EXPECT_EQ(fill_template("<{question:strip}>", r), "<what is IBM>");
  EXPECT_EQ(fill_template("{question:capitalize}", row({{"question", "wHAT is \xC3\x89T\xC3\x89?"}})),
            "What is \xC3\xA9t\xC3\xA9?");
  EXPECT_EQ(fill_template("{mme:without| Please answer yes or no.}", r), "Is it?");
}

TEST(FillTemplate, WhatIsMissingOrWrongIsNamed) {
  const EvalRow r = row({{"question", "Why?"}});
  expect_error(ErrorKind::input, {"data.tsv, row 3", "hint"}, [&] { fill_template("{hint} {question}", r); });
  for (const char* text :
       {"{question", "[{question}", "question}", "a]", "[a[b", "{question:shout}", "{question:without|}"})
    expect_error(ErrorKind::usage, {"template"}, [&] { fill_template(text, r); });
}

TEST(OptionLines, GoByTheLettersThatAreThere) {
  EXPECT_EQ(option_lines(row({{"question", "?"}, {"AB", "no"}, {"a", "no"}})), "");
  EXPECT_EQ(option_lines(row({{"I", "nine"}, {"C", "three"}})), "C. three\nI. nine");
}

}  // namespace
}  // namespace halftone
