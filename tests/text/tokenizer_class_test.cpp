#include "halftone/text/tokenizer_class.h"

#include "tests/text/thrown.h"

namespace halftone {
namespace {

TEST(TokenizerClass, KnownClassesWithAndWithoutFast) {
  EXPECT_EQ(byte_level_split("Qwen2Tokenizer", "c"), byte_level_split("Qwen2TokenizerFast", "c"));
  EXPECT_TRUE(adds_bos_by_default("LlamaTokenizer", "c"));
  EXPECT_TRUE(adds_bos_by_default("InternLM2TokenizerFast", "c"));
}

TEST(TokenizerClass, UnknownOnesAreRefusedByName) {
  expect_error(
      ErrorKind::unsupported,
      "config.json: tokenizer_class is \"XTokenizer\", whose vocab.json and merges.txt are not supported",
      [] { byte_level_split("XTokenizer", "config.json"); });
  expect_error(ErrorKind::unsupported, "tokenizer_class is \"\", whose tokenizer.model without add_bos_token",
               [] { adds_bos_by_default("", "config.json"); });
}

}  // namespace
}  // namespace halftone
