#include "halftone/calib/encode.h"

#include <numeric>

#include "tests/expect_error.h"
#include <gtest/gtest.h>

#include "halftone/model/flow.h"

namespace halftone {
namespace {

const std::string kPictures = std::string(HALFTONE_GOLDENS) + "/images/";

ChatFormat chat_format() {
  ChatFormat chat;
  chat.user = {"<|im_start|>user\n", "<|im_end|>", "\n"};
  chat.assistant = {"<|im_start|>assistant\n", "<|im_end|>", "\n"};
  chat.generation_prefix = "<|im_start|>assistant\n";
  chat.image_open = "<|vision_start|>";
  chat.image_token = "<|image_pad|>";
  chat.image_close = "<|vision_end|>";
  return chat;
}

class Encode : public testing::Test {
 protected:
  Sample encode(const DataRecord& record, std::int64_t max_tokens = 4096, std::int64_t max_positions = 4096) {
    return encode_record({posix_files(), &tokenizer(), chat_, ImagePolicy(PatchGridPolicy{}), image_token_,
                          1024, max_positions, max_tokens},
                         record);
  }
  static const Tokenizer& tokenizer() {
    static const Tokenizer one =
        Tokenizer::from_directory(posix_files(), std::string(HALFTONE_EXAMPLES) + "/mini-qwen2vl");
    return one;
  }
  // The text of the tokens that are marked as answers.
  static std::string answer_of(const Sample& sample) {
    std::vector<std::int64_t> ids;
    for (std::size_t i = 0; i < sample.ids.size(); ++i) {
      if (sample.answer[i]) ids.push_back(sample.ids[i]);
    }
    return tokenizer().decode(ids, false);
  }
  static int sum(const std::vector<std::uint8_t>& mask) { return std::accumulate(mask.begin(), mask.end(), 0); }
  void expect_refused(const DataRecord& record, const std::vector<std::string>& pieces,
                      std::int64_t max_tokens = 4096, std::int64_t max_positions = 4096) {
    std::vector<std::string> all = pieces;
    all.push_back(record.origin);
    expect_error(ErrorKind::input, all, [&] { encode(record, max_tokens, max_positions); });
  }

  ChatFormat chat_ = chat_format();
  std::int64_t image_token_ = *tokenizer().id_of("<|image_pad|>");
};

DataRecord text_record(const std::string& text) {
  DataRecord record;
  record.origin = "t.jsonl, record 3";
  record.text = text;
  return record;
}

DataRecord ids_record(std::vector<std::int64_t> ids) {
  DataRecord record = text_record("");
  record.ids = std::move(ids);
  return record;
}

// A picture of 112 x 112 pixels is 8 x 8 patches of 14, four of which make a token: 16.
DataRecord about_a_picture(std::vector<ChatTurn> turns, const std::string& picture = "scene-112.png") {
  DataRecord record = text_record("");
  record.turns = std::move(turns);
  record.pictures = {{kPictures + picture, {}}};
  return record;
}

TEST_F(Encode, TextsCountFromTheSecondTokenOn) {
  const Sample sample = encode(text_record("A calibration text."));
  EXPECT_EQ(tokenizer().decode(sample.ids, false), "A calibration text.");
  EXPECT_EQ(sample.answer[0], 0);
  EXPECT_EQ(sum(sample.answer), static_cast<int>(sample.ids.size()) - 1);
  EXPECT_EQ(sample.modality, std::vector<std::uint8_t>(sample.ids.size(), kText));
}

TEST_F(Encode, ReadyIdsNeedNoTokenizer) {
  const Sample sample = encode_record(
      {posix_files(), nullptr, chat_, ImagePolicy(PatchGridPolicy{}), image_token_, 1024, 100, 100},
      ids_record({5, 6, 7}));
  EXPECT_EQ(sample.ids, (std::vector<std::int64_t>{5, 6, 7}));
  EXPECT_EQ(sample.answer, (std::vector<std::uint8_t>{0, 1, 1}));
}

TEST_F(Encode, PicturesTakeTheirTokensAndAnswersAreMarked) {
  const Sample sample =
      encode(about_a_picture({{"user", {{"", 0}, {"What is it?"}}}, {"assistant", {{"A cat."}}}}));
  EXPECT_EQ(sample.layouts.at(0).tokens, 16);
  EXPECT_EQ(sum(sample.modality), 16 * kVision);
  EXPECT_EQ(answer_of(sample), "A cat.<|im_end|>");
  EXPECT_TRUE(
      tokenizer().decode(sample.ids, false).starts_with("<|im_start|>user\n<|vision_start|><|image_pad|>"));
}

TEST_F(Encode, EveryAnswerOfALongConversationIsMarked) {
  const Sample sample = encode(about_a_picture({{"user", {{"", 0}, {"One?"}}},
                                                {"assistant", {{"First."}}},
                                                {"user", {{"Two?"}}},
                                                {"assistant", {{"Second."}}}}));
  EXPECT_EQ(answer_of(sample), "First.<|im_end|>Second.<|im_end|>");
}

TEST_F(Encode, AQuestionWithoutAnAnswerOpensTheAnswer) {
  const Sample sample = encode(about_a_picture({{"user", {{"", 0}, {"What is it?"}}}}));
  EXPECT_TRUE(tokenizer().decode(sample.ids, false).ends_with("<|im_start|>assistant\n"));
  EXPECT_EQ(sum(sample.answer), 0);
}

// "<|image_pad|>" in a user's words is text: it must not become a picture's token.
TEST_F(Encode, PlaceholdersInTheWordsStayWords) {
  const Sample sample = encode(about_a_picture({{"user", {{"", 0}, {"Is <|image_pad|> a word?"}}}}));
  EXPECT_EQ(sum(sample.modality), 16);
  expect_refused(ids_record({1, image_token_, 2}), {"1 picture tokens", "its pictures make 0"});
}

TEST_F(Encode, LongTextsAreCutAndPicturesNever) {
  EXPECT_EQ(encode(text_record("One two three four five six."), 4).ids.size(), 4u);
  const auto record = about_a_picture({{"user", {{"", 0}, {"What is it?"}}}, {"assistant", {{"A cat."}}}});
  const Sample whole = encode(record);
  const Sample cut = encode(record, 25);
  EXPECT_EQ(cut.ids, std::vector<std::int64_t>(whole.ids.begin(), whole.ids.begin() + 25));
  EXPECT_EQ(cut.modality.size(), 25u);
  EXPECT_EQ(cut.answer.size(), 25u);
  expect_refused(record, {"the limit of 10 would cut a picture", "max_tokens"}, 10);
}

TEST_F(Encode, WhatCannotBeASampleIsRefusedWithItsRecord) {
  expect_refused(ids_record({1, 1024}), {"1024", "vocabulary of 1024"});
  expect_refused(ids_record({-1}), {"-1"});
  expect_refused(ids_record({1, 2, 3}), {"3 tokens", "2 positions"}, 4096, 2);
  expect_refused(text_record(""), {"no tokens"});
  expect_refused(about_a_picture({{"user", {{"", 0}}}}, "gone.png"), {"gone.png"});
  expect_refused(about_a_picture({{"user", {{"", 0}}}}, "README.md"), {"README.md"});
  expect_refused(about_a_picture({{"user", {{"No marker."}}}}), {"picture 1"});
}

}  // namespace
}  // namespace halftone
