#include "halftone/io/hash.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "halftone/base/seed.h"

namespace halftone {
namespace {

std::span<const std::byte> from(const std::string& text) { return std::as_bytes(std::span(text)); }

// Values of xxhash's own Python binding: xxh3_64_hexdigest.
TEST(Hash64, IsXxh3) {
  EXPECT_EQ(hash_hex(""), "2d06800538d394c2");
  EXPECT_EQ(hash_hex("abc"), "78af5f94892f3950");
}

TEST(Hash64, PiecesGiveTheHashOfTheWhole) {
  std::string text(100000, '\0');
  Random random(1);
  for (char& c : text) c = static_cast<char>(random.next());
  for (const size_t piece : {1, 7, 64, 4096, 99999, 100000}) {
    Hash64 hash;
    for (size_t at = 0; at < text.size(); at += piece)
      hash.add(from(text).subspan(at, std::min(piece, text.size() - at)));
    EXPECT_EQ(hash.hex(), hash_hex(text)) << piece;
  }
}

TEST(Hash64, HasSixteenDigitsAndTheValue) {
  Hash64 hash;
  for (int i = 0; i < 100; ++i) {
    hash.add(from("x"));
    EXPECT_EQ(hash.hex().size(), 16u);
    EXPECT_EQ(std::stoull(hash.hex(), nullptr, 16), hash.value());
  }
}

TEST(Hash64, MovesItsState) {
  Hash64 first;
  first.add(from("a"));
  Hash64 second(std::move(first));
  second.add(from("bc"));
  EXPECT_EQ(second.hex(), hash_hex("abc"));
  Hash64 third;
  third = std::move(second);
  EXPECT_EQ(third.hex(), hash_hex("abc"));
}

}  // namespace
}  // namespace halftone
