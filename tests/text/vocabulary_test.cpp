#include "halftone/text/vocabulary.h"

#include <random>

#include "tests/text/thrown.h"

namespace halftone {
namespace {

TEST(Vocabulary, FindsWhatWasPutIn) {
  Vocabulary vocabulary;
  EXPECT_FALSE(vocabulary.find("a").has_value());
  EXPECT_EQ(vocabulary.max_id(), -1);
  vocabulary.add("b", 7, "f");
  vocabulary.add("a", 3, "f");
  vocabulary.finish("f");
  EXPECT_EQ(vocabulary.find("a"), 3u);
  EXPECT_EQ(vocabulary.token(7), "b");
  EXPECT_FALSE(vocabulary.token(4).has_value()) << "ids may have gaps";
  EXPECT_FALSE(vocabulary.token(-1).has_value());
  EXPECT_EQ(vocabulary.max_id(), 7);
  EXPECT_EQ(vocabulary.at(0), "b");
}

TEST(Vocabulary, HoldsManyTokens) {
  Vocabulary vocabulary;
  std::mt19937 random(1);
  std::vector<std::string> tokens;
  for (int i = 0; i < 50000; ++i) tokens.push_back(std::to_string(random()) + "/" + std::to_string(i));
  for (size_t i = 0; i < tokens.size(); ++i) vocabulary.add(tokens[i], static_cast<std::int64_t>(3 * i), "f");
  vocabulary.finish("f");
  for (size_t i = 0; i < tokens.size(); ++i) {
    ASSERT_EQ(vocabulary.find(tokens[i]), 3 * i);
    ASSERT_EQ(vocabulary.token(static_cast<std::int64_t>(3 * i)), tokens[i]);
  }
}

// The rows TK-01 and TK-02 of the reliability dossier.
TEST(Vocabulary, RefusesWhatNoTokenizerHolds) {
  Vocabulary vocabulary;
  const auto add = [&](const std::string& token, std::int64_t id) {
    return [&vocabulary, token, id] { vocabulary.add(token, id, "v.json"); };
  };
  expect_error(ErrorKind::input, "v.json: token \"a\" has the id -1, ids are 0 to 2147483646", add("a", -1));
  expect_error(ErrorKind::input, "v.json: token \"a\" has the id 2147483648", add("a", std::int64_t{1} << 31));
  expect_error(ErrorKind::input, "v.json: the token with the id 5 is empty", add("", 5));
  expect_error(ErrorKind::input, "v.json: the token with the id 5 has 1048576 bytes, the limit is 4096",
               add(std::string(1 << 20, 'x'), 5));
  expect_error(ErrorKind::input, "v.json: the token with the id 5 holds a NUL", add(std::string("a\0b", 3), 5));
  expect_error(ErrorKind::input, "v.json: the token with the id 5 is not valid UTF-8", add("\xFF", 5));
  vocabulary.add("a", 5, "v.json");
  expect_error(ErrorKind::input, "v.json: token \"a\" stands twice", add("a", 6));
  vocabulary.add("b", 5, "v.json");
  expect_error(ErrorKind::input, "v.json: tokens \"a\" and \"b\" share the id 5",
               [&] { vocabulary.finish("v.json"); });
}

}  // namespace
}  // namespace halftone
