#include "halftone/text/tokenizer_files.h"

#include "tests/text/thrown.h"
#include "tests/text/tiny_sentencepiece.h"
#include "tests/text/tiny_tokenizer.h"

namespace halftone {
namespace {

class TokenizerFilesTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) { write_file(*files_, "m/" + name, text); }
  Tokenizer load() { return Tokenizer::from_directory(*files_, "m"); }
  std::vector<std::int64_t> ids(const std::string& text) { return load().encode(text, true); }

  std::unique_ptr<FileSystem> files_ = memory_files();
};

using Ids = std::vector<std::int64_t>;

TEST_F(TokenizerFilesTest, NoneThereIsAnInputError) {
  write("config.json", "{}");
  expect_error(ErrorKind::input,
               "m: no tokenizer (tokenizer.json, vocab.json and merges.txt, or tokenizer.model)",
               [&] { load(); });
  write("vocab.json", "{}");
  EXPECT_THROW(load(), Error) << "a vocabulary alone is not enough";
}

TEST_F(TokenizerFilesTest, TokenizerJsonComesFirst) {
  write("tokenizer.json", tiny_tokenizer_json().dump());
  write("vocab.json", "broken");
  write("merges.txt", "broken");
  write("tokenizer.model", "broken");
  EXPECT_EQ(ids("low"), (Ids{90, 41}));
}

TEST_F(TokenizerFilesTest, VocabAndMergesNeedAKnownClass) {
  write("vocab.json", R"({"a": 0, "b": 1, "ab": 2, "Ġ": 3, "é": 4, "Ã": 5, "©": 6})");
  write("merges.txt", "#version: 0.2\na b\n");
  write("tokenizer.model", "broken");
  expect_error(ErrorKind::unsupported, "m/tokenizer_config.json: tokenizer_class is \"\"", [&] { load(); });
  write("tokenizer_config.json", R"({"tokenizer_class": "Qwen2Tokenizer"})");
  write("added_tokens.json", R"({"<x>": 9})");
  EXPECT_EQ(ids("ab<x> ab"), (Ids{2, 9, 3, 2}));
  EXPECT_EQ(ids("e\u0301"), (Ids{5, 6})) << "composed, then spelled as bytes";
  EXPECT_EQ(load().decode(Ids{5, 6, 9}, false), "é<x>");
}

TEST_F(TokenizerFilesTest, SentencePieceAlone) {
  write("tokenizer.model", tiny_sentencepiece(true));
  write("tokenizer_config.json",
        R"({"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>",
      "added_tokens_decoder": {"1": {"content": "<s>", "special": true}, "5": {"content": "<|b|>", "special": true},
      "8": {"content": "<img>", "special": true}}})");
  EXPECT_EQ(ids("ab"), (Ids{1, 7}));
  EXPECT_EQ(ids("ab<img>ab"), (Ids{1, 7, 8, 7}))
      << "each piece is encoded for itself, with its own blank in front";
  EXPECT_EQ(ids("<|b|>"), (Ids{1, 5})) << "the config renames a piece";
  const Tokenizer tokenizer = load();
  EXPECT_EQ(tokenizer.decode(Ids{1, 7, 7, 5}, true), "ab ab");
  EXPECT_EQ(tokenizer.decode(Ids{7, 5}, false), "ab<|b|>");
  EXPECT_EQ(tokenizer.id_of("<|b|>"), 5);
  EXPECT_EQ(tokenizer.id_of("ab"), 6);
  EXPECT_EQ(tokenizer.max_id(), 8);
}

TEST_F(TokenizerFilesTest, SentencePieceBeginAndEnd) {
  write("tokenizer.model", tiny_sentencepiece(false));
  const auto config = [&](const std::string& inside) {
    write("tokenizer_config.json", R"({"bos_token": "<s>", "eos_token": "</s>", )" + inside + "}");
  };
  config(R"("tokenizer_class": "OtherTokenizer", "add_bos_token": false, "add_eos_token": true)");
  EXPECT_EQ(ids("ab"), (Ids{6, 2}));
  config(R"("tokenizer_class": "OtherTokenizer", "add_bos_token": true)");
  EXPECT_EQ(ids("ab"), (Ids{1, 6}));
  config(R"("tokenizer_class": "OtherTokenizer")");
  expect_error(ErrorKind::unsupported, "\"OtherTokenizer\", whose tokenizer.model without add_bos_token",
               [&] { load(); });
  write("tokenizer_config.json", R"({"tokenizer_class": "LlamaTokenizer"})");
  expect_error(ErrorKind::input, "the token \"\", which begins or ends a text, has no id", [&] { load(); });
}

TEST_F(TokenizerFilesTest, AddedTokensAgreeWithTheVocabulary) {
  Json json = tiny_tokenizer_json();
  json["added_tokens"][0]["content"] = "low";
  write("tokenizer.json", json.dump());
  expect_error(ErrorKind::input,
               "m/tokenizer.json: the added token \"low\" has the id 90, in the vocabulary it has 41",
               [&] { load(); });
}

TEST_F(TokenizerFilesTest, ATruncatedFileIsNamed) {
  const std::string whole = tiny_tokenizer_json().dump();
  for (const size_t size : {size_t{0}, size_t{1}, size_t{100}, whole.size() / 2, whole.size() - 1}) {
    write("tokenizer.json", whole.substr(0, size));
    expect_error(ErrorKind::input, "m/tokenizer.json: ", [&] { load(); });
  }
}

}  // namespace
}  // namespace halftone
