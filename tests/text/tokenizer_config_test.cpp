#include "halftone/text/tokenizer_config.h"

#include "tests/text/thrown.h"

namespace halftone {
namespace {

TokenizerConfig read(const std::string& config, const std::string& added = "") {
  const auto files = memory_files();
  if (!config.empty()) write_file(*files, "m/tokenizer_config.json", config);
  if (!added.empty()) write_file(*files, "m/added_tokens.json", added);
  return read_tokenizer_config(*files, "m");
}

TEST(TokenizerConfig, NothingThereIsNothingSaid) {
  const TokenizerConfig config = read("");
  EXPECT_TRUE(config.tokenizer_class.empty() && config.added_tokens.empty() && config.bos_token.empty());
  EXPECT_FALSE(config.add_bos.has_value());
}

TEST(TokenizerConfig, ReadsBothFiles) {
  const TokenizerConfig config = read(R"({"tokenizer_class": "T", "add_bos_token": false,
      "bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "</s>", "unk_token": null,
      "additional_special_tokens": ["<x>"],
      "added_tokens_decoder": {"9": {"content": "</s>", "special": true, "rstrip": true}}})",
                                      R"({"<x>": 11, "</s>": 9, "<y>": 10})");
  EXPECT_EQ(config.tokenizer_class, "T");
  EXPECT_EQ(config.bos_token, "<s>");
  EXPECT_EQ(config.eos_token, "</s>");
  EXPECT_EQ(config.add_bos, false);
  EXPECT_FALSE(config.add_eos.has_value());
  ASSERT_EQ(config.added_tokens.size(), 3u);
  EXPECT_EQ(config.added_tokens[0].content, "</s>");
  EXPECT_TRUE(config.added_tokens[0].rstrip);
  EXPECT_EQ(config.added_tokens[1].content, "<y>");
  EXPECT_FALSE(config.added_tokens[1].special) << "the config does not call it special";
  EXPECT_TRUE(config.added_tokens[2].special);
}

TEST(TokenizerConfig, ContradictionsAndOtherKinds) {
  expect_error(ErrorKind::input,
               "m/added_tokens.json: \"<s>\" has the id 4 here and 3 in tokenizer_config.json",
               [] { read(R"({"added_tokens_decoder": {"3": {"content": "<s>"}}})", R"({"<s>": 4})"); });
  expect_error(ErrorKind::input, "the key \"x\", expected an id",
               [] { read(R"({"added_tokens_decoder": {"x": {"content": "<s>"}}})"); });
  expect_error(ErrorKind::input, "\"a\" is \"b\", expected an integer", [] { read("", R"({"a": "b"})"); });
  expect_error(ErrorKind::input, "m/tokenizer_config.json: must be an object", [] { read("[]"); });
  expect_error(ErrorKind::input, "m/added_tokens.json: must be an object", [] { read("", "[]"); });
}

}  // namespace
}  // namespace halftone
