#include "halftone/text/tokenizer_json.h"

#include "tests/text/thrown.h"

namespace halftone {
namespace {

TokenizerJson read(const std::string& text) { return read_tokenizer_json(text, "t.json"); }

TEST(TokenizerJson, SplitsSettingsVocabularyAndMerges) {
  const TokenizerJson file = read(R"({"version": "1.0", "added_tokens": [{"id": 3, "content": "<s>"}],
    "normalizer": {"type": "NFC"}, "decoder": null,
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "unk_token": null, "merges": ["a b"]}})");
  EXPECT_EQ(file.settings.dump(), R"({"version":"1.0","added_tokens":[{"id":3,"content":"<s>"}],)"
                                  R"("normalizer":{"type":"NFC"},"decoder":null})");
  EXPECT_EQ(file.model.dump(), R"({"type":"BPE","unk_token":null})");
  EXPECT_EQ(file.vocabulary->find("ab"), 2u);
  EXPECT_EQ(file.merges, (MergeList{{"a", "b"}}));
}

TEST(TokenizerJson, MergesMayBePairsAndComeFirst) {
  const TokenizerJson file = read(R"({"model": {"merges": [["a", " b"], ["c", "d"]], "vocab": {"a": 0}}})");
  EXPECT_EQ(file.merges, (MergeList{{"a", " b"}, {"c", "d"}}));
}

TEST(TokenizerJson, OnlyBpe) {
  expect_error(ErrorKind::unsupported,
               "t.json: model.vocab is a list with scores (a Unigram model), only BPE models are supported",
               [] { read(R"({"model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0]]}})"); });
  expect_error(ErrorKind::unsupported, "t.json: model.type is \"WordPiece\", only BPE models are supported",
               [] { read(R"({"model": {"type": "WordPiece", "vocab": {"a": 0}}})"); });
  expect_error(ErrorKind::unsupported, "\"WordLevel\"",
               [] { read(R"({"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}})"); });
}

TEST(TokenizerJson, WhatIsMissingOrOfAnotherKind) {
  const auto model = [](const std::string& inside) { return [=] { read(R"({"model": {)" + inside + "}}"); }; };
  expect_error(ErrorKind::input, "needs model.vocab and model.merges", [] { read("{}"); });
  expect_error(ErrorKind::input, "needs model.vocab and model.merges", model(R"("vocab": {"a": 0})"));
  expect_error(ErrorKind::input, "a string", model(R"("vocab": {"a": "0"}, "merges": [])"));
  expect_error(ErrorKind::input, "a fraction", model(R"("vocab": {"a": 0.5}, "merges": [])"));
  expect_error(ErrorKind::input, "a list", model(R"("vocab": {"a": [1]}, "merges": [])"));
  expect_error(ErrorKind::input, "an object", model(R"("vocab": {}, "merges": {})"));
  expect_error(ErrorKind::input, "null", model(R"("vocab": null, "merges": [])"));
  expect_error(ErrorKind::input, "t.json: merge 0 is \"ab\", expected two tokens with a blank between them",
               model(R"("vocab": {}, "merges": ["ab"])"));
  expect_error(ErrorKind::input, "t.json: merge 0 is \"a b c\"", model(R"("vocab": {}, "merges": ["a b c"])"));
  expect_error(ErrorKind::input, "t.json: merge 1 is a list of 3",
               model(R"("vocab": {}, "merges": ["a b", ["a", "b", "c"]])"));
  expect_error(ErrorKind::input, "", [] { read("[]"); });
  expect_error(ErrorKind::input, "", [] { read("7"); });
}

// JS-01 .. JS-05 for this reader; the strictness itself is base's.
TEST(TokenizerJson, BadJsonIsOneSentence) {
  expect_error(ErrorKind::input, "t.json: JSON nests deeper than 256",
               [] { read(R"({"normalizer": )" + std::string(100000, '[')); });
  expect_error(ErrorKind::input, "t.json: begins with a byte order mark", [] { read("\xEF\xBB\xBF{}"); });
  expect_error(ErrorKind::input, "t.json: not valid JSON", [] { read("{\"a\": \"\xFF\"}"); });
  expect_error(ErrorKind::input, "t.json: not valid JSON", [] { read(R"({"a": "\ud800"})"); });
  expect_error(ErrorKind::input, "t.json: not valid JSON", [] { read(R"({"a": 01})"); });
  expect_error(ErrorKind::input, "t.json: not valid JSON", [] { read(R"({"model": {"vocab": {"a": 0)"); });
}

TEST(TokenizerJson, RepeatedKeysAreRefusedEverywhere) {
  const std::string model = R"("model": {"vocab": {}, "merges": []})";
  expect_error(ErrorKind::input, "key \"model\" stands twice", [&] { read("{" + model + "," + model + "}"); });
  expect_error(ErrorKind::input, "key \"decoder\" stands twice",
               [] { read(R"({"decoder": null, "decoder": {}})"); });
  expect_error(ErrorKind::input, "key \"type\" stands twice",
               [] { read(R"({"decoder": {"type": "A", "type": "B"}})"); });
  expect_error(ErrorKind::input, "token \"a\" stands twice in the vocabulary",
               [] { read(R"({"model": {"vocab": {"a": 0, "a": 1}, "merges": []}})"); });
  expect_error(ErrorKind::input, "key \"vocab\" stands twice",
               [] { read(R"({"model": {"vocab": {"a": 0}, "vocab": {}, "merges": []}})"); });
}

TEST(TokenizerJson, TooManySettingsAreNoTokenizer) {
  std::string text = "{";
  for (int i = 0; i < 100; ++i) text += "\"k" + std::to_string(i) + "\": 1,";
  expect_error(ErrorKind::input, "one key too many", [&] { read(text + "\"z\": 1}"); });
}

TEST(TokenizerJson, BareVocabularies) {
  EXPECT_EQ(read_vocabulary_json(R"({"a": 0, "b": 5})", "v.json")->find("b"), 5u);
  expect_error(ErrorKind::input, "v.json: token \"a\" has the id -2",
               [] { read_vocabulary_json(R"({"a": -2})", "v.json"); });
  expect_error(ErrorKind::input, "v.json: token \"a\" has the id 9223372036854775807",
               [] { read_vocabulary_json(R"({"a": 18446744073709551615})", "v.json"); });
  expect_error(ErrorKind::input, "v.json", [] { read_vocabulary_json("[1]", "v.json"); });
  expect_error(ErrorKind::input, "v.json", [] { read_vocabulary_json("1", "v.json"); });
  expect_error(ErrorKind::input, "v.json", [] { read_vocabulary_json(R"({"a": {"b": 1}})", "v.json"); });
}

TEST(TokenizerJson, MergeFiles) {
  EXPECT_EQ(read_merges("#version: 0.2\na b\n\nc d\r\n# #", "m.txt"),
            (MergeList{{"a", "b"}, {"c", "d"}, {"#", "#"}}));
  EXPECT_TRUE(read_merges("", "m.txt").empty());
  expect_error(ErrorKind::input, "m.txt: merge 1 is \"cd\"", [] { read_merges("a b\ncd\n", "m.txt"); });
  expect_error(ErrorKind::input, "m.txt: merge 0 is \" b\"", [] { read_merges(" b\n", "m.txt"); });
}

}  // namespace
}  // namespace halftone
