#include "halftone/base/sha256.h"

#include <gtest/gtest.h>

namespace halftone {
namespace {

// FIPS 180-4 example messages and the NIST vector of a million "a".
TEST(Sha256Test, GivesTheStandardsNumbers) {
  EXPECT_EQ(sha256_hex(std::string_view("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex(std::string_view("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(std::string_view("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string_view(
                "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmno"
                "pqklmnopqrlmnopqrsmnopqrstnopqrstu")),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(sha256_hex(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, PiecesOfAnySizeGiveTheSame) {
  const std::string text(300, 'x');
  for (std::size_t length = 0; length <= text.size(); length += 7) {
    const std::string whole = text.substr(0, length);
    for (const std::size_t piece : {1, 3, 64, 65}) {
      Sha256 hash;
      for (std::size_t at = 0; at < length; at += piece) hash.add(std::string_view(whole).substr(at, piece));
      EXPECT_EQ(hash.hex(), sha256_hex(whole)) << length << " in pieces of " << piece;
      EXPECT_EQ(hash.hex(), sha256_hex(whole));  // asking does not change it
    }
  }
}

}  // namespace
}  // namespace halftone
