#include "halftone/api/profiles.h"

#include "tests/api/places.h"
#include "tests/expect_error.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "halftone/api/lists.h"
#include "halftone/plugin/prompt_template.h"

namespace halftone::test {
namespace {

TEST(Profiles, TheLaterPartWinsKeyByKey) {
  const TempDirectory place;
  const Profile p = read_profile(write_into(place, "p.json", R"({"tasks": {
    "*": {"*": {"prompt": "all", "max_new_tokens": 1, "until": ["a"]}, "m": {"max_new_tokens": 2}},
    "t": {"*": {"max_pixels": 9, "prompt_open": "open"}, "m": {"prompt": "mine", "rules": {"r": "x"}}}}})"));
  const TaskSettings mine = task_settings(p, "t", "m");
  EXPECT_EQ(mine.prompt, "mine");
  EXPECT_EQ(mine.prompt_open, "open");
  EXPECT_EQ(mine.max_new_tokens, 2);
  EXPECT_THAT(mine.until, testing::ElementsAre("a"));
  EXPECT_EQ(mine.max_pixels, 9);
  EXPECT_EQ(mine.rule("r", ""), "x");
  const TaskSettings other = task_settings(p, "u", "n");
  EXPECT_EQ(other.prompt, "all");
  EXPECT_EQ(other.max_new_tokens, 1);
  EXPECT_FALSE(other.max_pixels.has_value());
}

TEST(Profiles, WhatHarnessesAskIsWhatTheyAsk) {
  EvalRow row;
  row.columns = {{"question", "What is IBM?"}, {"A", "a firm"}, {"B", "a fern"}};
  const auto asked = [&](const char* profile, const char* task, const char* model) {
    return plain_prompt(row, task_settings(read_profile(profile), task, model)).turns[0].content[0].text;
  };
  EXPECT_EQ(asked("plain", "ocrbench", "qwen2_vl"), "What is IBM?");
  EXPECT_EQ(asked("lmms-eval", "textvqa", "qwen2_vl"),
            "What is ibm?\nAnswer the question using a single word or phrase.");
  EXPECT_EQ(asked("vlmevalkit", "textvqa", "qwen2_vl"),
            "What is IBM?\nPlease try to answer the question with short words or phrases if possible.");
  EXPECT_EQ(
      asked("vlmevalkit", "scienceqa", "internvl_chat"),
      "What is IBM?\nA. a firm\nB. a fern\nAnswer with the option's letter from the given choices directly.");
  EXPECT_EQ(asked("vlmevalkit", "seedbench", "qwen2_vl"),
            "Question: What is IBM?\nOptions:\nA. a firm\nB. a fern\n"
            "Please select the correct answer from the options above.");
  EXPECT_EQ(task_settings(read_profile("vlmevalkit"), "ocrbench", "qwen2_vl").min_pixels, 10 * 10 * 28 * 28);
  EXPECT_EQ(task_settings(read_profile("vlmevalkit"), "ocrbench", "internvl_chat").max_tiles, 24);
  EXPECT_EQ(task_settings(read_profile("lmms-eval"), "docvqa", "qwen2_vl").max_new_tokens, 32);
  EXPECT_EQ(task_settings(read_profile("plain"), "ocrbench", "any").max_new_tokens, 16);
}

TEST(Profiles, EveryProfileFillsEveryTaskItNames) {
  EvalRow row;
  row.columns = {{"question", "Why?"}, {"A", "x"}, {"B", "y"}};
  EvalRow open = row;
  open.columns = {{"question", "Why?"}};
  std::set<std::string> known = {"*"};
  for (const auto& task : all_tasks()) known.insert(task->name());
  for (const auto& [name, text] : built_in_profiles()) {
    const Profile profile = read_profile(name);
    EXPECT_FALSE(profile.json["summary"].get<std::string>().empty()) << name;
    for (const auto& [task, models] : profile.json["tasks"].items()) {
      EXPECT_TRUE(known.contains(task)) << name << " names no task: " << task;
      for (const auto& [model, settings] : models.items()) {
        EXPECT_NO_THROW(plain_prompt(row, task_settings(profile, task, model))) << name << " " << task;
        EXPECT_NO_THROW(plain_prompt(open, task_settings(profile, task, model))) << name << " " << task;
      }
    }
  }
}

TEST(Profiles, MistakesAreNamedWithTheirPlace) {
  const TempDirectory place;
  const auto read = [&](const std::string& text) { return read_profile(write_into(place, "p.json", text)); };
  expect_error(ErrorKind::usage, {"vlmevalki", "lmms-eval, plain, vlmevalkit"},
               [] { read_profile("vlmevalki"); });
  expect_error(ErrorKind::input, {"p.json", "tasks"}, [&] { read("{}"); });
  expect_error(ErrorKind::input, {"m of t", "max_new_token", "did you mean \"max_new_tokens\""},
               [&] { read(R"({"tasks": {"t": {"m": {"max_new_token": 3}}}})"); });
  for (const std::string bad : {R"("max_new_tokens": 0)", R"("until": "x")", R"("until": [1])", R"("rules": 1)",
                                R"("prompt": 7)", R"("min_pixels": "many")"}) {
    expect_error(ErrorKind::input, {"m of t"}, [&] { read(R"({"tasks": {"t": {"m": {)" + bad + "}}}}"); });
  }
}

}  // namespace
}  // namespace halftone::test
