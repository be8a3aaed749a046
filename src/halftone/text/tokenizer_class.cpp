#include "halftone/text/tokenizer_class.h"

#include "halftone/base/error.h"

namespace halftone {
namespace {

// "XTokenizerFast" is the same tokenizer as "XTokenizer".
std::string without_fast(std::string name) {
  if (name.ends_with("Fast")) name.resize(name.size() - 4);
  return name;
}

[[noreturn]] void fail_class(const std::string& name, const std::string& origin, const char* files) {
  throw Error(ErrorKind::unsupported,
              fmt::format("{}: tokenizer_class is \"{}\", whose {} are not supported", origin, name, files),
              "save the tokenizer as tokenizer.json, which says everything itself");
}

}  // namespace

std::string byte_level_split(const std::string& tokenizer_class, const std::string& origin) {
  if (without_fast(tokenizer_class) == "Qwen2Tokenizer") {
    return R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
  }
  fail_class(tokenizer_class, origin, "vocab.json and merges.txt");
}

bool adds_bos_by_default(const std::string& tokenizer_class, const std::string& origin) {
  const std::string name = without_fast(tokenizer_class);
  if (name == "LlamaTokenizer" || name == "InternLM2Tokenizer") return true;
  fail_class(tokenizer_class, origin, "tokenizer.model without add_bos_token");
}

}  // namespace halftone
