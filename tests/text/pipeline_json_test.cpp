#include "halftone/text/pipeline_json.h"

#include "tests/text/thrown.h"

namespace halftone {
namespace {

Json json(const std::string& text) { return parse_json(text, "t.json"); }

std::string normalize(const std::string& steps, const std::string& text) {
  RegexScratch scratch;
  return read_normalizer(json(steps), "t.json").apply(MarkedText{text, {}, true}, scratch).bytes;
}

std::string words(const std::string& steps, const std::string& text) {
  RegexScratch scratch;
  const Words result = read_pre_tokenizer(json(steps), "t.json").apply(text, true, scratch);
  std::string shown;
  for (const TextSpan span : result.spans) shown += std::string(span.of(result.text)) + "/";
  return shown;
}

std::string decode(const std::string& steps, const std::vector<std::string>& tokens) {
  RegexScratch scratch;
  return read_decoder(json(steps), "t.json").apply(tokens, scratch);
}

TEST(PipelineJson, Normalizers) {
  EXPECT_EQ(normalize("null", " É"), " É");
  EXPECT_EQ(normalize(R"({"type": "NFD"})", "é"), "e\u0301");
  EXPECT_EQ(normalize(R"({"type": "NFKC"})", "ﬁ"), "fi");
  EXPECT_EQ(normalize(R"({"type": "Strip", "strip_left": false, "strip_right": true})", " a "), " a");
  EXPECT_EQ(normalize(R"({"type": "Sequence", "normalizers": [{"type": "Lowercase"},
      {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}]},
      {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
      {"type": "Replace", "pattern": {"Regex": "[xy]+"}, "content": "z"}]})",
                      "A xyB"),
            "▁a▁zb");
}

TEST(PipelineJson, PreTokenizers) {
  EXPECT_EQ(words("null", "a b"), "a b/");
  EXPECT_EQ(words(R"({"type": "ByteLevel", "add_prefix_space": true})", "a b"), "Ġa/Ġb/")
      << "use_regex is on when it is not there";
  EXPECT_EQ(words(R"({"type": "ByteLevel", "add_prefix_space": false, "use_regex": false})", "a b"), "aĠb/");
  EXPECT_EQ(words(R"({"type": "Metaspace", "replacement": "▁"})", "a b"), "▁a/▁b/");
  EXPECT_EQ(words(R"({"type": "Metaspace", "replacement": "_", "add_prefix_space": false,
      "prepend_scheme": "never", "split": false})",
                  "a b"),
            "a_b/");
  EXPECT_EQ(words(R"({"type": "Sequence", "pretokenizers": [
      {"type": "Split", "pattern": {"Regex": "\\s"}, "behavior": "MergedWithNext", "invert": false},
      {"type": "Digits", "individual_digits": true}, {"type": "Punctuation"}]})",
                  "ab 12,c"),
            "ab/ /1/2/,/c/");
  EXPECT_EQ(words(R"({"type": "Whitespace"})", "a, b"), "a/,/b/");
  EXPECT_EQ(words(R"({"type": "WhitespaceSplit"})", "a, b"), "a,/b/");
}

TEST(PipelineJson, Decoders) {
  EXPECT_EQ(decode("null", {"a", "b"}), "a b");
  EXPECT_EQ(decode(R"({"type": "ByteLevel"})", {"Ġa", "Ċ"}), " a\n");
  EXPECT_EQ(decode(R"({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never"})", {"▁a"}), " a");
  EXPECT_EQ(decode(R"({"type": "Sequence", "decoders": [
      {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
      {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]})",
                   {"▁a", "<0x41>"}),
            "aA");
}

TEST(PipelineJson, PostProcessors) {
  const auto read = [](const std::string& text) { return read_post_processor(json(text), "t.json"); };
  const std::vector<std::int64_t> none;
  EXPECT_EQ(read("null").before, none);
  EXPECT_EQ(read(R"({"type": "ByteLevel"})").after, none);
  const PostProcessor bert = read(R"({"type": "BertProcessing", "sep": ["[SEP]", 7], "cls": ["[CLS]", 3]})");
  EXPECT_EQ(bert.before, (std::vector<std::int64_t>{3}));
  EXPECT_EQ(bert.after, (std::vector<std::int64_t>{7}));
  const std::string marks = R"("special_tokens": {"s": {"id": "s", "ids": [1, 2], "tokens": []}})";
  const PostProcessor both = read(R"({"type": "Sequence", "processors": [{"type": "ByteLevel"},
      {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "s"}}, {"Sequence": {"id": "A"}},
       {"SpecialToken": {"id": "s"}}], "pair": [], )" +
                                  marks + "}]}");
  EXPECT_EQ(both.before, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(both.after, (std::vector<std::int64_t>{1, 2}));
}

TEST(PipelineJson, UnknownStepsAreRefusedByName) {
  expect_error(ErrorKind::unsupported, "t.json: the normalizer \"Precompiled\" is not supported", [] {
    read_normalizer(json(R"({"type": "Precompiled", "precompiled_charsmap": ""})"), "t.json");
  });
  expect_error(ErrorKind::unsupported, "t.json: the pre-tokenizer \"UnicodeScripts\" is not supported",
               [] { read_pre_tokenizer(json(R"({"type": "UnicodeScripts"})"), "t.json"); });
  expect_error(ErrorKind::unsupported, "t.json: the decoder \"CTC\" is not supported",
               [] { read_decoder(json(R"({"type": "CTC"})"), "t.json"); });
  expect_error(ErrorKind::unsupported, "t.json: the post-processor \"X\" is not supported",
               [] { read_post_processor(json(R"({"type": "X"})"), "t.json"); });
}

TEST(PipelineJson, WrongSettingsAreNamed) {
  const auto pre = [](const std::string& text) { return [=] { read_pre_tokenizer(json(text), "t.json"); }; };
  expect_error(ErrorKind::input, "\"type\" is missing", pre("{}"));
  expect_error(ErrorKind::input, "a pre-tokenizer is 7", pre("7"));
  expect_error(ErrorKind::input, "\"pattern\" is missing", pre(R"({"type": "Split", "behavior": "Removed"})"));
  expect_error(ErrorKind::input, "the behavior \"Glued\"",
               pre(R"({"type": "Split", "pattern": {"String": "a"}, "behavior": "Glued"})"));
  expect_error(ErrorKind::input, "\"pretokenizers\" must be a list", pre(R"({"type": "Sequence"})"));
  expect_error(ErrorKind::input, "\"replacement\" is \"ab\", expected one character",
               pre(R"({"type": "Metaspace", "replacement": "ab"})"));
  expect_error(ErrorKind::input, "prepend_scheme is \"often\"",
               pre(R"({"type": "Metaspace", "replacement": "_", "prepend_scheme": "often"})"));
  const auto post = [](const std::string& text) { return [=] { read_post_processor(json(text), "t.json"); }; };
  expect_error(ErrorKind::input, "\"s\" is not in its special_tokens",
               post(R"({"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "s"}}]})"));
  expect_error(ErrorKind::input, "holds 2 texts, expected one",
               post(R"({"type": "TemplateProcessing", "single": [{"Sequence": {}}, {"Sequence": {}}]})"));
  expect_error(ErrorKind::input, "has the id -1", post(R"({"type": "TemplateProcessing",
      "single": [{"SpecialToken": {"id": "s"}}], "special_tokens": {"s": {"ids": [-1]}}})"));
  expect_error(ErrorKind::input, "expected a token and its id",
               post(R"({"type": "BertProcessing", "cls": ["a", "b"], "sep": ["c", 1]})"));
  expect_error(ErrorKind::input, "\"start\" is -1",
               [] { read_decoder(json(R"({"type": "Strip", "content": " ", "start": -1})"), "t.json"); });
}

TEST(PipelineJson, AddedTokens) {
  const auto tokens = read_added_tokens(
      json(R"([{"id": 4, "content": "a", "special": true}, {"id": 5, "content": "b", "lstrip": true,
      "rstrip": true, "single_word": true, "normalized": true}])"),
      "t.json");
  EXPECT_EQ(tokens.at(0).id, 4);
  EXPECT_TRUE(tokens[0].special && !tokens[0].normalized && !tokens[0].lstrip);
  EXPECT_TRUE(tokens[1].lstrip && tokens[1].rstrip && tokens[1].single_word && tokens[1].normalized);
  expect_error(ErrorKind::input, "\"id\" is missing",
               [] { read_added_tokens(json(R"([{"content": "a"}])"), "t.json"); });
  expect_error(ErrorKind::input, "\"content\" is missing",
               [] { read_added_tokens(json(R"([{"id": 3}])"), "t.json"); });
  expect_error(ErrorKind::input, "added_tokens must be a list",
               [] { read_added_tokens(json("{}"), "t.json"); });
}

TEST(PipelineJson, BpeOptionsRefuseWhatIsNotDone) {
  const auto options =
      read_bpe_options(json(R"({"unk_token": "u", "fuse_unk": true, "byte_fallback": true, "dropout": null,
      "continuing_subword_prefix": "", "end_of_word_suffix": null})"),
                       "t.json");
  EXPECT_EQ(options.unk_token, "u");
  EXPECT_TRUE(options.fuse_unk && options.byte_fallback && !options.ignore_merges);
  expect_error(ErrorKind::unsupported, "t.json: model.end_of_word_suffix is \"</w>\"",
               [] { read_bpe_options(json(R"({"end_of_word_suffix": "</w>"})"), "t.json"); });
  expect_error(ErrorKind::unsupported, "t.json: model.dropout is set",
               [] { read_bpe_options(json(R"({"dropout": 0.1})"), "t.json"); });
}

}  // namespace
}  // namespace halftone
