// Small tokenizer.json texts for tests, and tokenizers that live in memory.
#pragma once

#include <string>

#include "halftone/base/json.h"
#include "halftone/io/file.h"
#include "halftone/text/tokenizer.h"

namespace halftone {

// A byte-level BPE over ASCII letters and blanks ("Ġ") with the merges l+o, lo+w and e+r; 3 added tokens.
inline Json tiny_tokenizer_json() {
  Json json = Json::parse(R"({
    "version": "1.0", "truncation": null, "padding": null,
    "added_tokens": [
      {"id": 90, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
       "special": true},
      {"id": 91, "content": "<|end|>", "single_word": false, "lstrip": false, "rstrip": false,
       "normalized": false, "special": true},
      {"id": 92, "content": "tool", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
       "special": false}],
    "normalizer": null,
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
    "post_processor": {"type": "TemplateProcessing",
      "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
      "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [90], "tokens": ["<s>"]}}},
    "decoder": {"type": "ByteLevel"},
    "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
      "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "vocab": {}, "merges": []}
  })");
  Json& vocab = json["model"]["vocab"];
  for (int c = 'a'; c <= 'z'; ++c) vocab[std::string(1, static_cast<char>(c))] = c - 'a';
  vocab["Ġ"] = 26;
  vocab["<"] = 27;
  vocab[">"] = 28;
  vocab["|"] = 29;
  vocab["/"] = 30;
  vocab["lo"] = 40;
  vocab["low"] = 41;
  vocab["er"] = 42;
  json["model"]["merges"] = Json::parse(R"(["l o", "lo w", "e r"])");
  return json;
}

inline Tokenizer tokenizer_from_text(const std::string& text) {
  const auto files = memory_files();
  write_file(*files, "m/tokenizer.json", text);
  return Tokenizer::from_directory(*files, "m");
}

inline Tokenizer tokenizer_from(const Json& json) { return tokenizer_from_text(json.dump()); }

}  // namespace halftone
