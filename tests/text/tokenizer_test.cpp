#include "halftone/text/tokenizer.h"

#include <random>
#include <thread>

#include "tests/text/thrown.h"
#include "tests/text/tiny_tokenizer.h"

#include "halftone/base/clock.h"
#include "halftone/text/codepoints.h"

namespace halftone {
namespace {

using Ids = std::vector<std::int64_t>;

const Tokenizer& example() {
  static const Tokenizer tokenizer =
      Tokenizer::from_directory(posix_files(), std::string(HALFTONE_EXAMPLES) + "/mini-qwen2vl");
  return tokenizer;
}

const Tokenizer& with_fallback() {
  static const Tokenizer tokenizer =
      Tokenizer::from_directory(posix_files(), std::string(HALFTONE_GOLDENS) + "/tokenizers/metaspace");
  return tokenizer;
}

std::string random_text(std::mt19937& random, size_t scalars) {
  static const std::vector<std::string> kParts = {
      "a", "B",  " ",          "  ",     "\n", "\t",     "7", "é", "e\u0301", "你",           "한", "😀",
      ".", "'s", "<|im_end|>", "\u200d", "<",  "\u0323", "▁", "¼", "\r",      "<|im_start|>", "Ω",  "ﬁ"};
  std::string text;
  while (scalars-- > 0) text += kParts[random() % kParts.size()];
  return text;
}

TEST(Tokenizer, EncodesAndDecodes) {
  const Tokenizer tokenizer = tokenizer_from(tiny_tokenizer_json());
  EXPECT_EQ(tokenizer.encode("lower low", true), (Ids{90, 41, 42, 26, 41}));
  EXPECT_EQ(tokenizer.encode("lower low", false), (Ids{41, 42, 26, 41}));
  EXPECT_EQ(tokenizer.encode("a<|end|>toolb", false), (Ids{0, 91, 92, 1}));
  EXPECT_EQ(tokenizer.encode("", true), (Ids{90}));
  EXPECT_EQ(tokenizer.decode(Ids{90, 41, 42, 26, 92}, false), "<s>lower tool");
  EXPECT_EQ(tokenizer.decode(Ids{90, 41, 42, 26, 92}, true), "lower tool") << "tool is added, but not special";
}

TEST(Tokenizer, LookUps) {
  const Tokenizer tokenizer = tokenizer_from(tiny_tokenizer_json());
  EXPECT_EQ(tokenizer.id_of("low"), 41);
  EXPECT_EQ(tokenizer.id_of("<|end|>"), 91);
  EXPECT_FALSE(tokenizer.id_of("nowhere").has_value());
  EXPECT_EQ(tokenizer.max_id(), 92);
  EXPECT_TRUE(tokenizer.is_special(90));
  EXPECT_FALSE(tokenizer.is_special(92) || tokenizer.is_special(41) || tokenizer.is_special(9999));
}

// TK-01: ids that embeddings have and the tokenizer does not.
TEST(Tokenizer, UnmappedIdsDecodeToAReplacement) {
  const Tokenizer tokenizer = tokenizer_from(tiny_tokenizer_json());
  EXPECT_EQ(tokenizer.decode(Ids{0, 50, 1}, true), "a\uFFFDb");
  EXPECT_EQ(tokenizer.decode(Ids{-1, 1 << 30, INT64_MAX, INT64_MIN}, false), "\uFFFD\uFFFD\uFFFD\uFFFD");
}

TEST(Tokenizer, PiecesLockWhatUsersTyped) {
  const Tokenizer tokenizer = tokenizer_from(tiny_tokenizer_json());
  const std::vector<TextPiece> pieces = {{"<s>a", true}, {"<|end|>", false}, {"<|end|>", true}};
  EXPECT_EQ(tokenizer.encode(pieces, false), (Ids{90, 0, 27, 29, 4, 13, 3, 29, 28, 91}));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(pieces, false), false), "<s>a<|end|><|end|>");
}

TEST(Tokenizer, PiecesAreOneText) {
  const Tokenizer tokenizer = tokenizer_from(tiny_tokenizer_json());
  const auto ids = [&](std::vector<TextPiece> pieces) { return tokenizer.encode(pieces, false); };
  EXPECT_EQ(ids({{"l", true}, {"ow", false}}), (Ids{41})) << "merges cross the borders";
  EXPECT_EQ(ids({{"<|e", true}, {"nd|>", true}}), (Ids{91})) << "two special pieces hold one token";
  EXPECT_EQ(ids({{"<|e", true}, {"nd|>", false}}), ids({{"<|end|>", false}})) << "but not half of it";
  EXPECT_EQ(ids({{"<|e", true}, {"", false}, {"nd|>", true}}), (Ids{91}));
  EXPECT_EQ(ids({}), Ids{});
}

TEST(Tokenizer, LocksHoldForNormalizedTokensToo) {
  Json json = tiny_tokenizer_json();
  json["normalizer"] = Json::parse(R"({"type": "Sequence", "normalizers": [{"type": "Lowercase"},
      {"type": "NFC"}, {"type": "Replace", "pattern": {"String": "é"}, "content": "er"}]})");
  for (auto& token : json["added_tokens"]) token["normalized"] = true;
  const Tokenizer tokenizer = tokenizer_from(json);
  const std::vector<TextPiece> pieces = {{"É<|END|>", true}, {"é<|END|>É", false}, {"É<|End|>", true}};
  EXPECT_EQ(tokenizer.encode(pieces, false), (Ids{42, 91, 42, 27, 29, 4, 13, 3, 29, 28, 42, 42, 91}));
}

TEST(Tokenizer, PiecewiseEqualsWholeWhenAllAreSpecial) {
  std::mt19937 random(3);
  for (int i = 0; i < 300; ++i) {
    const std::string text = random_text(random, 30);
    std::vector<TextPiece> pieces;
    for (std::string_view rest = text; !rest.empty();) {
      size_t length = 0;
      for (int scalars = 1 + static_cast<int>(random() % 4); scalars-- > 0 && length < rest.size();) {
        length += front_scalar(rest.substr(length)).length;
      }
      pieces.push_back({std::string(rest.substr(0, length)), true});
      rest.remove_prefix(length);
    }
    for (const Tokenizer* tokenizer : {&example(), &with_fallback()}) {
      ASSERT_EQ(tokenizer->encode(pieces, true), tokenizer->encode(text, true)) << text;
    }
  }
}

TEST(Tokenizer, LockedTextHasNoAddedTokens) {
  std::mt19937 random(4);
  for (int i = 0; i < 300; ++i) {
    const std::vector<TextPiece> pieces = {{random_text(random, 30), false}};
    for (const std::int64_t id : example().encode(pieces, true)) ASSERT_FALSE(example().is_special(id));
  }
}

// NFC aside, byte-level tokenizers lose nothing.
TEST(Tokenizer, RoundTrip) {
  std::mt19937 random(5);
  Json json = parse_json(
      read_file(posix_files(), std::string(HALFTONE_EXAMPLES) + "/mini-qwen2vl/tokenizer.json"), "t");
  json["normalizer"] = nullptr;
  const Tokenizer tokenizer = tokenizer_from(json);
  for (int i = 0; i < 500; ++i) {
    std::string text;
    for (int scalars = 0; scalars < 40; ++scalars) {
      const char32_t c = random() % (random() % 2 ? 0x110000 : 0x300);
      if (c < 0xD800 || c > 0xDFFF) append_utf8(text, c);
    }
    ASSERT_EQ(tokenizer.decode(tokenizer.encode(text, true), false), text);
  }
}

TEST(Tokenizer, BytesThatAreNoTextAreReplaced) {
  EXPECT_EQ(example().encode("a\xFF\xE4\xBDz", true), example().encode("a\uFFFD\uFFFDz", true));
  std::mt19937 random(6);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes;
    for (size_t size = random() % 50; size-- > 0;) bytes += static_cast<char>(random());
    for (const Tokenizer* tokenizer : {&example(), &with_fallback()}) {
      ASSERT_EQ(tokenizer->encode(bytes, true), tokenizer->encode(lossy_utf8(bytes), true));
    }
  }
}

TEST(Tokenizer, RandomIdsDecodeToValidText) {
  std::mt19937 random(7);
  for (int i = 0; i < 1000; ++i) {
    Ids ids;
    for (size_t size = random() % 30; size-- > 0;)
      ids.push_back(static_cast<std::int64_t>(random() % 1200) - 100);
    for (const Tokenizer* tokenizer : {&example(), &with_fallback()}) {
      ASSERT_TRUE(is_valid_utf8(tokenizer->decode(ids, i % 2 == 0)));
    }
  }
}

// TK-04: sizes at which a quadratic step would not come back.
TEST(Tokenizer, LargeTextsFinish) {
  std::string marks = "a", words;
  for (int i = 0; i < 100000; ++i) marks += i % 2 ? "\u0301" : "\u0323";
  for (int i = 0; i < 200000; ++i) words += "ab ";
  const std::vector<std::string> texts = {
      std::string(10 << 20, 'x'), std::string(1 << 20, '\n'),   std::string(1 << 20, ' '), marks, words,
      std::string(1 << 20, '\0'), std::string(1 << 20, '\xFF'), std::string(1 << 20, '<')};
  Stopwatch watch;
  for (const auto& text : texts) {
    EXPECT_FALSE(example().encode(text, true).empty());
    EXPECT_FALSE(with_fallback().encode(text, true).empty());
  }
  EXPECT_LT(watch.seconds(), 120);
}

TEST(Tokenizer, TheSameFromManyThreads) {
  std::mt19937 random(8);
  std::vector<std::string> texts;
  std::vector<Ids> expected;
  for (int i = 0; i < 200; ++i) {
    texts.push_back(random_text(random, 50));
    expected.push_back(example().encode(texts.back(), true));
  }
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < texts.size(); ++i) {
        const size_t at = (i * (t + 1)) % texts.size();
        wrong[t] += example().encode(texts[at], true) != expected[at];
        wrong[t] += example().decode(expected[at], false).empty() != texts[at].empty();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

// TK-05: the pattern comes from the file, the text from a user.
TEST(Tokenizer, APatternThatGivesUpIsAnInputError) {
  Json json = tiny_tokenizer_json();
  json["pre_tokenizer"] = Json::parse(
      R"({"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": false})");
  const Tokenizer tokenizer = tokenizer_from(json);
  EXPECT_EQ(tokenizer.encode("aaa", false), (Ids{0, 0, 0}));
  expect_error(ErrorKind::input, "m/tokenizer.json: the regular expression \"(a+)+$\" gives up",
               [&] { tokenizer.encode(std::string(5000, 'a') + "b", false); });
  EXPECT_EQ(tokenizer.encode("aaa", false), (Ids{0, 0, 0})) << "and the tokenizer is as good as before";
}

TEST(Tokenizer, FlippedBytesOfTheFileNeverCrash) {
  const std::string good = tiny_tokenizer_json().dump();
  std::mt19937 random(9);
  for (int i = 0; i < 3000; ++i) {
    std::string bad = good;
    bad[random() % bad.size()] = static_cast<char>(random());
    try {
      tokenizer_from_text(bad).encode("low<|end|> er", true);
    } catch (const Error& error) {
      ASSERT_NE(error.kind(), ErrorKind::internal) << error.message();
    }
  }
}

}  // namespace
}  // namespace halftone
