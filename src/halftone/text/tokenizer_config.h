// tokenizer_config.json and added_tokens.json: what stands beside the older tokenizer files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "halftone/io/file.h"
#include "halftone/text/added_tokens.h"

namespace halftone {

struct TokenizerConfig {
  std::string path;  // of tokenizer_config.json, for messages
  std::string tokenizer_class;
  std::vector<AddedToken> added_tokens;  // of both files, by increasing id
  std::string bos_token, eos_token;      // empty: none
  std::optional<bool> add_bos, add_eos;
};

// Reads the files that are there. Throws Error(input) for broken ones, and for a token to which they give two
// ids.
TokenizerConfig read_tokenizer_config(FileSystem& files, const std::string& directory);

}  // namespace halftone
