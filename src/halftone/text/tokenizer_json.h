// Reading of tokenizer.json and vocab.json as streams of events: a vocabulary has a hundred thousand keys.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "halftone/base/json.h"
#include "halftone/text/bpe.h"
#include "halftone/text/vocabulary.h"

namespace halftone {

struct TokenizerJson {
  Json settings = Json::object();  // everything but "model": normalizer, pre_tokenizer, added_tokens, ...
  Json model = Json::object();     // everything in "model" but the two below
  std::shared_ptr<Vocabulary> vocabulary = std::make_shared<Vocabulary>();  // finished
  MergeList merges;
};

// The parts of a tokenizer.json. `origin` names the file. Throws Error(input) for a broken file,
// Error(unsupported) for a model that is no BPE.
TokenizerJson read_tokenizer_json(std::string_view text, const std::string& origin);

// A vocab.json, {"token": id}, finished.
std::shared_ptr<Vocabulary> read_vocabulary_json(std::string_view text, const std::string& origin);

// A merges.txt: one "left right" a line, after an optional "#version" line.
MergeList read_merges(std::string_view text, const std::string& origin);

}  // namespace halftone
