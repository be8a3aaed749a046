#include "halftone/plugin/task.h"

#include "tests/expect_error.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

EvalRow row(std::map<std::string, std::string> columns, std::size_t pictures = 1) {
  EvalRow r;
  r.index = "7";
  r.origin = "data.tsv, row 3";
  r.columns = std::move(columns);
  for (std::size_t i = 0; i < pictures; ++i) r.images.push_back({"picture", {}});
  return r;
}

std::string text_of(const Prompt& prompt) { return prompt.turns.at(0).content.back().text; }

TEST(PlainPrompt, PicturesComeBeforeTheText) {
  TaskSettings settings;
  settings.max_new_tokens = 5;
  settings.until = {"USER:"};
  const Prompt prompt = plain_prompt(row({{"question", "Why?"}}, 2), settings);
  ASSERT_EQ(prompt.turns.size(), 1u);
  ASSERT_EQ(prompt.turns[0].content.size(), 3u);
  EXPECT_EQ(prompt.turns[0].content[1].picture, 1);
  EXPECT_EQ(text_of(prompt), "Why?");
  EXPECT_EQ(prompt.pictures.size(), 2u);
  EXPECT_EQ(prompt.id, "7");
  EXPECT_EQ(prompt.max_new_tokens, 5);
  EXPECT_THAT(prompt.until, testing::ElementsAre("USER:"));
}

TEST(PlainPrompt, TheTemplateThatFitsTheRowIsTaken) {
  TaskSettings settings;
  settings.prompt = "{question} options";
  EXPECT_EQ(text_of(plain_prompt(row({{"question", "\xE7\xBA\xA2?"}}), settings)), "\xE7\xBA\xA2? options");
  settings.prompt_open = "{question} open";
  settings.prompt_cjk = "{question} cjk";
  EXPECT_EQ(text_of(plain_prompt(row({{"question", "q"}}), settings)), "q open");
  EXPECT_EQ(text_of(plain_prompt(row({{"question", "q"}, {"A", "x"}}), settings)), "q options");
  EXPECT_EQ(text_of(plain_prompt(row({{"question", "q"}, {"A", "\xE4\xB8\x80"}}), settings)),
            "q cjk");  // U+4E00
  EXPECT_EQ(text_of(plain_prompt(row({{"question", "q"}, {"A", "\xE9\xBF\xBF"}}), settings)),
            "q cjk");  // U+9FFF
  EXPECT_EQ(text_of(plain_prompt(row({{"question", "q"}, {"A", "\xE4\xB7\xBF"}}), settings)),
            "q options");  // U+4DFF
  EXPECT_EQ(text_of(plain_prompt(row({{"question", "q"}, {"A", "\xEA\x80\x80"}}), settings)),
            "q options");  // U+A000
}

// The least a task must write.
struct Least : Task {
  std::string name() const override { return "least"; }
  std::string summary() const override { return ""; }
  std::vector<std::string> required_columns() const override { return {}; }
  RowScore score(const EvalRow&, const std::string&, const TaskSettings&) const override { return {}; }
  Summary summarize(std::span<const ScoredRow>) const override { return {}; }
};

TEST(TaskDefaults, ALikelihoodIsItsMeanOverTheTokens) {
  const RowScore score = Least().score_likelihood(row({}), {6.0, 3, ""}, {});
  EXPECT_EQ(score.value, 2);
  EXPECT_EQ(score.weight, 3);
  expect_error(ErrorKind::input, {"row 3"}, [] { Least().score_likelihood(row({}), {0, 0, ""}, {}); });
}

TEST(TaskSettingsTest, RulesHaveAFallback) {
  TaskSettings settings;
  settings.rules["normalizer"] = "lmms-eval";
  EXPECT_EQ(settings.rule("normalizer", "vlmevalkit"), "lmms-eval");
  EXPECT_EQ(settings.rule("other", "x"), "x");
}

}  // namespace
}  // namespace halftone
