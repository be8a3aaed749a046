// The steps of a tokenizer as tokenizer.json describes them.
#pragma once

#include <string>
#include <vector>

#include "halftone/base/json.h"
#include "halftone/text/added_tokens.h"
#include "halftone/text/bpe.h"
#include "halftone/text/decoder.h"
#include "halftone/text/normalizer.h"
#include "halftone/text/post_processor.h"
#include "halftone/text/pretokenizer.h"

namespace halftone {

// Each takes the value of its key (null: no steps) and the file's name. They throw Error(unsupported) for steps
// that are not known here, by name, and Error(input) for missing or wrong settings.
Normalizer read_normalizer(const Json& value, const std::string& origin);
PreTokenizer read_pre_tokenizer(const Json& value, const std::string& origin);
PostProcessor read_post_processor(const Json& value, const std::string& origin);
Decoder read_decoder(const Json& value, const std::string& origin);
std::vector<AddedToken> read_added_tokens(const Json& value, const std::string& origin);
// One token of a list or map; `id` is not read.
AddedToken read_added_token(const Json& value, const std::string& origin);
// The settings of "model".
BpeOptions read_bpe_options(const Json& model, const std::string& origin);

}  // namespace halftone
