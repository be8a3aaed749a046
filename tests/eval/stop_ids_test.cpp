#include "halftone/eval/stop_ids.h"

#include "tests/expect_error.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

const std::string kExample = std::string(HALFTONE_EXAMPLES) + "/mini-qwen2vl";

class StopIds : public testing::Test {
 protected:
  std::set<std::int64_t> ids(const std::string& generation, const Json& config,
                             const std::string& suffix = "") {
    if (!generation.empty()) write_file(*files_, "/m/generation_config.json", generation);
    ChatFormat chat;
    chat.assistant.suffix = suffix;
    return stop_ids(*files_, "/m", config, chat, tokenizer_);
  }
  using Ids = std::set<std::int64_t>;

  std::unique_ptr<FileSystem> files_ = memory_files();
  Tokenizer tokenizer_ = Tokenizer::from_directory(posix_files(), kExample);
};

TEST_F(StopIds, GenerationConfigComesFirstANumberOrAList) {
  EXPECT_EQ(ids(R"({"eos_token_id": 7})", {{"eos_token_id", 9}}), Ids({7}));
  EXPECT_EQ(ids(R"({"eos_token_id": [7, 3]})", {{"eos_token_id", 9}}), Ids({3, 7}));
  EXPECT_EQ(ids(R"({"eos_token_id": null})", {{"eos_token_id", 9}}), Ids({9}));
}

TEST_F(StopIds, ElseTheConfigOrItsLanguagePart) {
  EXPECT_EQ(ids("", {{"eos_token_id", 9}, {"text_config", {{"eos_token_id", 1}}}}), Ids({9}));
  EXPECT_EQ(ids("", {{"text_config", {{"eos_token_id", {1, 2}}}}}), Ids({1, 2}));
  EXPECT_EQ(ids("", {{"llm_config", {{"eos_token_id", 4}}}}), Ids({4}));
}

TEST_F(StopIds, WhatEndsATurnEndsAnAnswer) {
  const std::int64_t end = *tokenizer_.id_of("<|im_end|>");
  EXPECT_EQ(ids("", {{"eos_token_id", 9}}, "<|im_end|>\n"), Ids({9, end}));
  EXPECT_EQ(ids("", Json::object(), "<|im_end|>"), Ids({end}));
  EXPECT_EQ(ids("", {{"eos_token_id", 9}}, " "), Ids({9}));
}

TEST_F(StopIds, NothingOrNonsenseIsRefused) {
  expect_error(ErrorKind::input, {"/m", "eos_token_id"}, [&] { ids("", Json::object()); });
  expect_error(ErrorKind::input, {"generation_config.json", "eos_token_id"},
               [&] { ids(R"({"eos_token_id": "seven"})", Json::object()); });
}

}  // namespace
}  // namespace halftone
