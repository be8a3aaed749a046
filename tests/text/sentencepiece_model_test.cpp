#include "halftone/text/sentencepiece_model.h"

#include <random>

#include "tests/text/thrown.h"
#include "tests/text/tiny_sentencepiece.h"

#include "halftone/text/sentencepiece_proto.h"

namespace halftone {
namespace {

std::vector<std::int64_t> encode(const SentencePieceModel& model, const std::string& text) {
  std::vector<std::int64_t> ids;
  model.encode(text, ids);
  return ids;
}

TEST(SentencePieceModel, EncodesByScore) {
  const SentencePieceModel plain(tiny_sentencepiece(false), "t.model");
  EXPECT_EQ(encode(plain, "ab"), (std::vector<std::int64_t>{6}));
  EXPECT_EQ(encode(plain, "a ab"), (std::vector<std::int64_t>{4, 7}));
  EXPECT_EQ(encode(plain, "x"), (std::vector<std::int64_t>{0}));
  EXPECT_EQ(encode(plain, ""), std::vector<std::int64_t>{});
  EXPECT_EQ(encode(plain, "<s>").front(), 0) << "a control piece is not a text";
  EXPECT_EQ(encode(SentencePieceModel(tiny_sentencepiece(true), "t.model"), "ab"),
            (std::vector<std::int64_t>{7}));
}

TEST(SentencePieceModel, WhatTheLibraryRefusesIsAnInputError) {
  expect_error(ErrorKind::input, "t.model: the SentencePiece library refuses it",
               [] { SentencePieceModel("no protobuf", "t.model"); });
}

// TK-03: what passes our own check must not bring the library down.
TEST(SentencePieceModel, NoCheckedModelCrashesTheLibrary) {
  const std::string good = tiny_sentencepiece(true);
  std::mt19937 random(11);
  int passed = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string bad = good;
    bad[random() % bad.size()] = static_cast<char>(random());
    try {
      check_sentencepiece_proto(bad, "t.model");
      encode(SentencePieceModel(bad, "t.model"), "ab <s> \xE4\xBD\xA0 a");
      ++passed;
    } catch (const Error& error) {
      ASSERT_NE(error.kind(), ErrorKind::internal) << error.message();
    }
  }
  EXPECT_GT(passed, 100);
}

}  // namespace
}  // namespace halftone
