#include "halftone/text/bpe.h"

#include <map>
#include <random>

#include "tests/text/thrown.h"

#include "halftone/base/clock.h"

namespace halftone {
namespace {

std::shared_ptr<Vocabulary> vocabulary_of(const std::vector<std::string>& tokens) {
  auto vocabulary = std::make_shared<Vocabulary>();
  for (size_t i = 0; i < tokens.size(); ++i) vocabulary->add(tokens[i], static_cast<std::int64_t>(i), "t.json");
  vocabulary->finish("t.json");
  return vocabulary;
}

std::string encode(const Bpe& bpe, const Vocabulary& vocabulary, const std::string& word) {
  Bpe::Scratch scratch;
  std::vector<std::int64_t> ids;
  bpe.encode(word, scratch, ids);
  std::string shown;
  for (const std::int64_t id : ids) shown += std::string(*vocabulary.token(id)) + "/";
  return shown;
}

TEST(Bpe, JoinsTheFirstLearnedPairFirst) {
  const auto vocabulary = vocabulary_of({"a", "b", "c", "bc", "ab", "abc"});
  const Bpe bpe(vocabulary, {{"b", "c"}, {"a", "b"}, {"a", "bc"}}, {}, "t.json");
  EXPECT_EQ(encode(bpe, *vocabulary, "abc"), "abc/") << "bc first, then a+bc";
  EXPECT_EQ(encode(bpe, *vocabulary, "ab"), "ab/");
  EXPECT_EQ(encode(bpe, *vocabulary, "cab"), "c/ab/");
  EXPECT_EQ(encode(bpe, *vocabulary, ""), "");
}

TEST(Bpe, TiesGoToTheLeft) {
  const auto vocabulary = vocabulary_of({"a", "aa"});
  const Bpe bpe(vocabulary, {{"a", "a"}}, {}, "t.json");
  EXPECT_EQ(encode(bpe, *vocabulary, "aaa"), "aa/a/");
  EXPECT_EQ(encode(bpe, *vocabulary, "aaaaa"), "aa/aa/a/");
}

TEST(Bpe, UnknownCharacters) {
  const auto vocabulary = vocabulary_of({"<unk>", "a", "<0xC3>", "<0xA9>"});
  BpeOptions options;
  EXPECT_EQ(encode(Bpe(vocabulary, {}, options, "t"), *vocabulary, "aé你a"), "a/a/") << "none: dropped";
  options.unk_token = "<unk>";
  EXPECT_EQ(encode(Bpe(vocabulary, {}, options, "t"), *vocabulary, "é你a"), "<unk>/<unk>/a/");
  options.fuse_unk = true;
  EXPECT_EQ(encode(Bpe(vocabulary, {}, options, "t"), *vocabulary, "é你aé"), "<unk>/a/<unk>/");
  options.byte_fallback = true;
  EXPECT_EQ(encode(Bpe(vocabulary, {}, options, "t"), *vocabulary, "é你a"), "<0xC3>/<0xA9>/<unk>/a/")
      << "only where all bytes have a token";
}

TEST(Bpe, IgnoreMergesTakesWholeWords) {
  const auto vocabulary = vocabulary_of({"a", "b", "ab", "abab"});
  BpeOptions options;
  EXPECT_EQ(encode(Bpe(vocabulary, {{"a", "b"}}, options, "t"), *vocabulary, "abab"), "ab/ab/");
  options.ignore_merges = true;
  EXPECT_EQ(encode(Bpe(vocabulary, {{"a", "b"}}, options, "t"), *vocabulary, "abab"), "abab/");
}

// The definition, word by word: try all pairs, take the lowest rank, the leftmost.
std::vector<std::string> encode_by_definition(const MergeList& merges, std::vector<std::string> symbols) {
  while (true) {
    size_t best = merges.size(), where = 0;
    for (size_t i = 0; i + 1 < symbols.size(); ++i) {
      for (size_t rank = 0; rank < best; ++rank) {
        if (merges[rank].first == symbols[i] && merges[rank].second == symbols[i + 1]) best = rank, where = i;
      }
    }
    if (best == merges.size()) return symbols;
    symbols[where] += symbols[where + 1];
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(where) + 1);
  }
}

TEST(Bpe, AgreesWithTheDefinitionOnRandomMerges) {
  std::mt19937 random(5);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::string> tokens = {"a", "b", "c"};
    MergeList merges;
    for (int i = 0; i < 25; ++i) {
      const auto &left = tokens[random() % tokens.size()], &right = tokens[random() % tokens.size()];
      const std::string joined = left + right;
      // Every token has one derivation, as in a trained model.
      if (joined.size() > 12 || std::find(tokens.begin(), tokens.end(), joined) != tokens.end()) continue;
      merges.emplace_back(left, right);
      tokens.push_back(joined);
    }
    const auto vocabulary = vocabulary_of(tokens);
    const Bpe bpe(vocabulary, merges, {}, "t.json");
    for (int word = 0; word < 50; ++word) {
      std::string text, expected;
      std::vector<std::string> symbols;
      for (size_t i = random() % 40; i-- > 0;) symbols.emplace_back(1, "abc"[random() % 3]);
      for (const auto& symbol : symbols) text += symbol;
      for (const auto& token : encode_by_definition(merges, symbols)) expected += token + "/";
      ASSERT_EQ(encode(bpe, *vocabulary, text), expected) << text;
    }
  }
}

TEST(Bpe, PartsAtBlanksDoNotChangeTheResult) {
  const auto vocabulary = vocabulary_of({"<unk>", "▁", "a", "b", "▁▁", "▁a", "ab", "▁ab"});
  const MergeList merges = {{"▁", "▁"}, {"a", "b"}, {"▁", "ab"}, {"▁", "a"}};
  BpeOptions options;
  options.unk_token = "<unk>";
  const Bpe bpe(vocabulary, merges, options, "t.json");
  for (const std::string text : {"▁ab▁▁ab?▁a", "▁▁▁ab▁b▁▁", "?▁?", "ab", "▁"}) {
    std::string parts;
    for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(bpe.part_length(rest))) {
      parts += encode(bpe, *vocabulary, std::string(rest.substr(0, bpe.part_length(rest))));
    }
    EXPECT_EQ(parts, encode(bpe, *vocabulary, text)) << text;
  }
  EXPECT_EQ(bpe.part_length("▁▁a▁b"), std::string("▁▁a").size());
}

TEST(Bpe, NoPartsWhereAMergeMightCross) {
  BpeOptions options;
  options.unk_token = "<unk>";
  const std::string text = "a▁a";
  EXPECT_EQ(Bpe(vocabulary_of({"<unk>", "a", "▁", "a▁"}), {}, options, "t").part_length(text), text.size())
      << "a token holds a blank behind a letter";
  EXPECT_EQ(Bpe(vocabulary_of({"<unk>", "a"}), {}, options, "t").part_length(text), text.size())
      << "unknown blanks could be fused with other unknowns";
  EXPECT_EQ(Bpe(vocabulary_of({"a", "▁"}), {}, {}, "t").part_length(text), text.size())
      << "dropped characters could bring two blanks together";
  EXPECT_EQ(Bpe(vocabulary_of({"<unk>", "a", "▁"}), {}, options, "t").part_length(text), 1u);
}

TEST(Bpe, AMegabyteInOneWordIsNoMatter) {
  std::vector<std::string> tokens = {"a"};
  MergeList merges;
  while (tokens.back().size() < 1024) {
    merges.emplace_back(tokens.back(), tokens.back());
    tokens.push_back(tokens.back() + tokens.back());
  }
  const auto vocabulary = vocabulary_of(tokens);
  const Bpe bpe(vocabulary, merges, {}, "t.json");
  Bpe::Scratch scratch;
  std::vector<std::int64_t> ids;
  Stopwatch watch;
  bpe.encode(std::string(1 << 20, 'a'), scratch, ids);
  EXPECT_EQ(ids.size(), 1024u);
  EXPECT_LT(watch.seconds(), 10) << "a scan for the best pair after every merge would take an hour";
}

// TK-02
TEST(Bpe, RefusesMergesThatDoNotFit) {
  const auto vocabulary = vocabulary_of({"a", "b", "ab"});
  const auto make = [&](const MergeList& merges) { return [&] { Bpe(vocabulary, merges, {}, "t.json"); }; };
  expect_error(ErrorKind::input, "t.json: merge 0 needs the token \"x\", which is not in the vocabulary",
               make({{"a", "x"}}));
  expect_error(ErrorKind::input, "t.json: merge 0 needs the token \"ba\"", make({{"b", "a"}}));
  expect_error(ErrorKind::input, "t.json: merge 1 (\"a\" and \"b\") stands twice",
               make({{"a", "b"}, {"a", "b"}}));
  BpeOptions options;
  options.unk_token = "<unk>";
  expect_error(ErrorKind::input, "t.json: unk_token \"<unk>\" is not in the vocabulary",
               [&] { Bpe(vocabulary, {}, options, "t.json"); });
}

}  // namespace
}  // namespace halftone
