#include "halftone/text/sentencepiece_proto.h"

#include <limits>
#include <random>

#include "tests/text/thrown.h"
#include "tests/text/tiny_sentencepiece.h"

namespace halftone {
namespace {

SentencePieceProto check(const std::string& bytes) { return check_sentencepiece_proto(bytes, "t.model"); }

std::string little(std::uint32_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

// A character map whose trie has the given units, all others zero.
std::string charsmap(std::vector<std::pair<std::size_t, std::uint32_t>> units, const std::string& strings) {
  std::string trie(1024, '\0');
  for (const auto& [at, value] : units) trie.replace(4 * at, 4, little(value));
  return little(static_cast<std::uint32_t>(trie.size())) + trie + strings;
}

TEST(SentencePieceProto, ReadsPiecesAndSettings) {
  const SentencePieceProto proto = check(tiny_sentencepiece(false));
  ASSERT_EQ(proto.pieces.size(), 8u);
  EXPECT_EQ(proto.pieces[7].text, "▁ab");
  EXPECT_EQ(proto.pieces[0].type, SentencePieceProto::Type::unknown);
  EXPECT_FALSE(proto.add_dummy_prefix);
  EXPECT_FALSE(proto.byte_fallback);
  EXPECT_TRUE(check(tiny_sentencepiece(true)).add_dummy_prefix);
}

TEST(SentencePieceProto, RefusesOtherModels) {
  const std::string unknown = piece_field("<unk>", 0, 2);
  expect_error(ErrorKind::unsupported, "t.model: a SentencePiece model of type 4",
               [&] { check(unknown + bytes_field(2, number_field(3, 4))); });
  expect_error(ErrorKind::unsupported, "treat_whitespace_as_suffix",
               [&] { check(unknown + bytes_field(2, number_field(24, 1))); });
}

// TK-03
TEST(SentencePieceProto, RefusesBrokenOnes) {
  const std::string good = tiny_sentencepiece(false), unknown = piece_field("<unk>", 0, 2);
  expect_error(ErrorKind::input, "t.model: a SentencePiece model without pieces", [] { check(""); });
  expect_error(ErrorKind::input, "cut off", [&] { check(good.substr(0, good.size() - 3)); });
  expect_error(ErrorKind::input, "not a SentencePiece model (wire type 3)", [] { check("\x0b"); });
  expect_error(ErrorKind::input, "more than ten bytes", [] { check(std::string(11, '\xFF')); });
  expect_error(ErrorKind::input, "a field of 18446744073709551615 bytes",
               [] { check("\x0a" + varint(UINT64_MAX)); });
  expect_error(ErrorKind::input, "0 pieces stand for the unknown", [] { check(piece_field("a", 0, 1)); });
  expect_error(ErrorKind::input, "2 pieces stand for the unknown",
               [&] { check(unknown + piece_field("u", 0, 2)); });
  expect_error(ErrorKind::input, "the piece \"<unk>\" stands twice", [&] { check(unknown + unknown); });
  expect_error(ErrorKind::input, "the score of piece 1 is not finite",
               [&] { check(unknown + piece_field("a", std::numeric_limits<float>::quiet_NaN(), 1)); });
  expect_error(ErrorKind::input, "piece 1 has the type 9", [&] { check(unknown + piece_field("a", 0, 9)); });
  expect_error(ErrorKind::input, "the token with the id 1 is empty",
               [&] { check(unknown + piece_field("", 0, 1)); });
  expect_error(ErrorKind::input, "field 2 stands twice",
               [&] { check(unknown + bytes_field(2, "") + bytes_field(2, "")); });
  expect_error(ErrorKind::input, "a part of the model has the wire type 0", [] { check(number_field(1, 5)); });
}

TEST(SentencePieceProto, CharacterMapsStayInsideThemselves) {
  // Unit 0 leads to place 0x20; 'a' there is a leaf whose value stands at (0x20 ^ 'a') ^ 0x30.
  const std::uint32_t to_20 = 0x20u << 10, leaf = 0x30u << 10 | 1u << 8 | 'a';
  const std::size_t child = 0x20 ^ 'a', value = child ^ 0x30;
  EXPECT_NO_THROW(check(
      tiny_sentencepiece(false, charsmap({{0, to_20}, {child, leaf}, {value, 0}}, std::string("b\0", 2)))));
  expect_error(ErrorKind::input, "the character map points outside its strings", [&] {
    check(tiny_sentencepiece(false, charsmap({{0, to_20}, {child, leaf}, {value, 99}}, std::string("b\0", 2))));
  });
  expect_error(ErrorKind::input, "the character map points outside itself", [&] {
    check(tiny_sentencepiece(false, charsmap({{0, 0x100u << 10}}, std::string("b\0", 2))));
  });
  expect_error(ErrorKind::input, "the strings of the character map have no end",
               [&] { check(tiny_sentencepiece(false, charsmap({}, "b"))); });
  expect_error(ErrorKind::input, "a character map of 3 bytes",
               [&] { check(tiny_sentencepiece(false, "abc")); });
  expect_error(ErrorKind::input, "the trie of the character map has 4096 bytes",
               [&] { check(tiny_sentencepiece(false, little(4096) + "abcd")); });
}

TEST(SentencePieceProto, NoFlippedByteCrashes) {
  const std::string good = tiny_sentencepiece(true, charsmap({{0, 0x20u << 10}}, std::string("b\0", 2)));
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    std::string bad = good;
    for (int flips = 1 + i % 3; flips-- > 0;) bad[random() % bad.size()] = static_cast<char>(random());
    try {
      check(bad);
    } catch (const Error& error) {
      ASSERT_NE(error.kind(), ErrorKind::internal) << error.message();
    }
  }
}

}  // namespace
}  // namespace halftone
