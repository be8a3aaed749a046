// Which tokens end an answer.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "halftone/base/json.h"
#include "halftone/io/file.h"
#include "halftone/text/chat.h"
#include "halftone/text/tokenizer.h"

namespace halftone {

// "eos_token_id", a number or a list, of generation_config.json; where that file or key is missing, of the
// config or its part for the language model ("text_config", "llm_config"); and in any case what the chat format
// writes behind an answer, if that is one special token. Throws Error(input) for ids that are no numbers, and
// where nothing tells when to stop.
std::set<std::int64_t> stop_ids(FileSystem& files, const std::string& directory, const Json& config,
                                const ChatFormat& chat, const Tokenizer& tokenizer);

}  // namespace halftone
