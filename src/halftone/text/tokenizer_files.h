// The files of a tokenizer and the steps that they describe.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "halftone/io/file.h"
#include "halftone/text/added_tokens.h"
#include "halftone/text/bpe.h"
#include "halftone/text/decoder.h"
#include "halftone/text/normalizer.h"
#include "halftone/text/post_processor.h"
#include "halftone/text/pretokenizer.h"
#include "halftone/text/sentencepiece_model.h"

namespace halftone {

// A text goes through these from the top to the bottom, ids through `decoder`. Exactly one model is there.
struct TokenizerParts {
  AddedTokens added_tokens;
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  std::shared_ptr<const Vocabulary> vocabulary;
  std::optional<Bpe> bpe;                    // encodes words
  std::optional<SentencePieceModel> pieces;  // encodes what stands between added tokens
  PostProcessor post_processor;
  Decoder decoder;
};

// Reads tokenizer.json, else vocab.json and merges.txt, else tokenizer.model; the latter two with
// added_tokens.json and tokenizer_config.json. Throws Error(input) when none is there or one is broken,
// Error(unsupported) for what this room cannot do, by name.
TokenizerParts read_tokenizer_files(FileSystem& files, const std::string& directory);

// The id of one token: as tokenizer_config.json and added_tokens.json give it, which are small, else as the
// whole tokenizer does. Nothing where it lacks the token, or the directory a tokenizer. Throws as
// read_tokenizer_files does for broken files.
std::optional<std::int64_t> find_token(FileSystem& files, const std::string& directory,
                                       const std::string& token);

}  // namespace halftone
