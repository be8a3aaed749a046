#include "halftone/eval/answer_file.h"

#include "tests/expect_error.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

RowAnswer answer(const std::string& index, const std::string& text) {
  RowAnswer a{index, "row" + index, {}, {}};
  a.answer.text = text;
  a.answer.ids = {3, 1};
  a.answer.prompt_tokens = 9;
  a.answer.finish = Finish::length;
  return a;
}

class AnswerFileTest : public testing::Test {
 protected:
  std::unique_ptr<FileSystem> files_ = memory_files();
  const Json header_ = {{"task", "t"}, {"fingerprint", "f"}};
};

TEST_F(AnswerFileTest, WhatWasWrittenIsThereWhenItIsOpenedAgain) {
  {
    AnswerFile file(*files_, "/a.jsonl", header_);
    file.add(TaskKind::generation, answer("1", "line\nbreak \xC3\xA9"));
    file.add(TaskKind::likelihood, {"2", "row2", {}, {1.5, 3, ""}});
    file.sync();
  }  // killed: finish() was not called
  AnswerFile again(*files_, "/a.jsonl", header_);
  EXPECT_EQ(again.size(), 2u);
  const RowAnswer* one = again.find("1", "row1");
  ASSERT_NE(one, nullptr);
  EXPECT_EQ(one->answer.text, "line\nbreak \xC3\xA9");
  EXPECT_EQ(one->answer.ids, (std::vector<std::int64_t>{3, 1}));
  EXPECT_EQ(one->answer.prompt_tokens, 9);
  EXPECT_EQ(one->answer.finish, Finish::length);
  EXPECT_EQ(again.find("2", "row2")->likelihood.nll, 1.5);
  EXPECT_EQ(again.find("2", "row2")->likelihood.tokens, 3);
  EXPECT_EQ(again.find("1", "changed"), nullptr);
  EXPECT_EQ(again.find("3", "row3"), nullptr);
  again.add(TaskKind::generation, answer("3", "more"));
  again.finish();
  EXPECT_EQ(AnswerFile(*files_, "/a.jsonl", header_).size(), 3u);
}

TEST_F(AnswerFileTest, ATornLastLineIsDropped) {
  {
    AnswerFile file(*files_, "/a.jsonl", header_);
    file.add(TaskKind::generation, answer("1", "x"));
    file.add(TaskKind::generation, answer("2", "y"));
    file.finish();
  }
  const std::string whole = read_file(*files_, "/a.jsonl");
  for (std::size_t lost = 1; lost < 20; ++lost) {
    write_file(*files_, "/a.jsonl", whole.substr(0, whole.size() - lost));
    AnswerFile torn(*files_, "/a.jsonl", header_);
    EXPECT_EQ(torn.size(), 1u) << lost;
    torn.add(TaskKind::generation, answer("2", "y"));
    torn.finish();
    EXPECT_EQ(read_file(*files_, "/a.jsonl"), whole) << lost;
  }
}

TEST_F(AnswerFileTest, AnotherEvaluationOrNonsenseIsRefused) {
  AnswerFile(*files_, "/a.jsonl", header_).finish();
  expect_error(ErrorKind::conflict, {"/a.jsonl", "another evaluation"}, [&] {
    AnswerFile(*files_, "/a.jsonl", {{"task", "other"}});
  });
  const std::string head = read_file(*files_, "/a.jsonl");
  for (const std::string line : {"{\"index\": \"1\"}", "nonsense", "{\"index\": \"1\", \"row\": \"r\"}"}) {
    write_file(*files_, "/a.jsonl", head + line + "\n");
    expect_error(ErrorKind::input, {"/a.jsonl, line 2"}, [&] { AnswerFile(*files_, "/a.jsonl", header_); });
  }
}

TEST_F(AnswerFileTest, ARowIsKnownByItsCellsAndItsPictures) {
  EvalRow row;
  row.columns = {{"a", "bc"}, {"d", ""}};
  row.images = {{"x", {std::byte{1}}}};
  const std::string hash = row_hash(*files_, row);
  EXPECT_EQ(row_hash(*files_, row), hash);
  EvalRow other = row;
  other.columns = {{"ab", "c"}, {"d", ""}};
  EXPECT_NE(row_hash(*files_, other), hash);
  other = row;
  other.images[0].bytes = {std::byte{2}};
  EXPECT_NE(row_hash(*files_, other), hash);
  other = row;
  other.images[0] = {"/none.png", {}};
  expect_error(ErrorKind::input, {"/none.png"}, [&] { row_hash(*files_, other); });
}

}  // namespace
}  // namespace halftone
