#include "halftone/text/tokenizer_files.h"

#include "halftone/base/error.h"
#include "halftone/text/pipeline_json.h"
#include "halftone/text/sentencepiece_proto.h"
#include "halftone/text/tokenizer_class.h"
#include "halftone/text/tokenizer_config.h"
#include "halftone/text/tokenizer_json.h"

namespace halftone {
namespace {

constexpr std::uint64_t kLimit = 256u << 20;

Json setting(const TokenizerJson& file, const char* key) {
  return has(file.settings, key) ? file.settings[key] : Json();
}

// An added token whose content is a token of the model must be that token.
void check_ids(const AddedTokens& added, const Vocabulary& vocabulary, const std::string& origin) {
  for (const AddedToken& token : added.tokens()) {
    const auto id = vocabulary.find(token.content);
    require(!id || *id == token.id, ErrorKind::input,
            "{}: the added token \"{}\" has the id {}, in the vocabulary it has {}", origin,
            token.content.substr(0, 80), token.id, id.value_or(0));
  }
}

TokenizerParts from_tokenizer_json(FileSystem& files, const std::string& path) {
  TokenizerJson file = read_tokenizer_json(read_file(files, path, kLimit), path);
  TokenizerParts parts;
  parts.normalizer = read_normalizer(setting(file, "normalizer"), path);
  parts.added_tokens =
      AddedTokens(read_added_tokens(setting(file, "added_tokens"), path), parts.normalizer, path);
  parts.pre_tokenizer = read_pre_tokenizer(setting(file, "pre_tokenizer"), path);
  parts.post_processor = read_post_processor(setting(file, "post_processor"), path);
  parts.decoder = read_decoder(setting(file, "decoder"), path);
  parts.vocabulary = file.vocabulary;
  parts.bpe.emplace(parts.vocabulary, file.merges, read_bpe_options(file.model, path), path);
  check_ids(parts.added_tokens, *parts.vocabulary, path);
  return parts;
}

TokenizerParts from_vocab_and_merges(FileSystem& files, const std::string& directory) {
  const std::string vocab_path = join_path(directory, "vocab.json"),
                    merges_path = join_path(directory, "merges.txt");
  const TokenizerConfig config = read_tokenizer_config(files, directory);
  TokenizerParts parts;
  parts.normalizer = Normalizer({UnicodeForm{}});
  parts.added_tokens = AddedTokens(config.added_tokens, parts.normalizer, config.path);
  const std::string split = byte_level_split(config.tokenizer_class, config.path);
  parts.pre_tokenizer = PreTokenizer({SplitStep{TextPattern::regex(split, config.path)}, ByteLevelStep{}});
  parts.vocabulary = read_vocabulary_json(read_file(files, vocab_path, kLimit), vocab_path);
  parts.bpe.emplace(parts.vocabulary, read_merges(read_file(files, merges_path, kLimit), merges_path),
                    BpeOptions{}, merges_path);
  parts.decoder = Decoder({ByteLevelDecode{}});
  check_ids(parts.added_tokens, *parts.vocabulary, config.path);
  return parts;
}

std::int64_t id_of(const TokenizerParts& parts, const std::string& token, const TokenizerConfig& config) {
  if (const auto id = parts.added_tokens.id_of(token)) return *id;
  const auto id = parts.vocabulary->find(token);
  require(id.has_value(), ErrorKind::input, "{}: the token \"{}\", which begins or ends a text, has no id",
          config.path, token);
  return *id;
}

std::shared_ptr<const Vocabulary> vocabulary_of(const SentencePieceProto& proto, const std::string& origin) {
  auto vocabulary = std::make_shared<Vocabulary>();
  for (std::size_t id = 0; id < proto.pieces.size(); ++id) {
    vocabulary->add(proto.pieces[id].text, static_cast<std::int64_t>(id), origin);
  }
  vocabulary->finish(origin);
  return vocabulary;
}

Decoder sentencepiece_decoder(bool strip_first_blank, const std::string& origin) {
  const std::size_t blanks = strip_first_blank ? 1 : 0;
  return Decoder({ReplaceDecode{TextPattern::literal("\u2581", origin), " "}, ByteFallbackDecode{},
                  FuseDecode{}, StripDecode{' ', blanks, 0}});
}

TokenizerParts from_tokenizer_model(FileSystem& files, const std::string& directory) {
  const std::string path = join_path(directory, "tokenizer.model");
  const std::string bytes = read_file(files, path, kMaxSentencePieceBytes);
  const SentencePieceProto proto = check_sentencepiece_proto(bytes, path);
  const TokenizerConfig config = read_tokenizer_config(files, directory);
  TokenizerParts parts;
  // Pieces that the config renames keep their place in the model; nothing here asks that names agree.
  parts.added_tokens = AddedTokens(config.added_tokens, parts.normalizer, config.path);
  parts.vocabulary = vocabulary_of(proto, path);
  parts.pieces.emplace(bytes, path);
  parts.decoder = sentencepiece_decoder(proto.add_dummy_prefix, path);
  const bool add_bos =
      config.add_bos ? *config.add_bos : adds_bos_by_default(config.tokenizer_class, config.path);
  if (add_bos) parts.post_processor.before = {id_of(parts, config.bos_token, config)};
  if (config.add_eos.value_or(false)) parts.post_processor.after = {id_of(parts, config.eos_token, config)};
  return parts;
}

enum class TokenizerKind { none, json, vocab_and_merges, model };

TokenizerKind kind_of(FileSystem& files, const std::string& directory) {
  const auto there = [&](const char* name) { return files.stat(join_path(directory, name)).exists; };
  if (there("tokenizer.json")) return TokenizerKind::json;
  if (there("vocab.json") && there("merges.txt")) return TokenizerKind::vocab_and_merges;
  return there("tokenizer.model") ? TokenizerKind::model : TokenizerKind::none;
}

}  // namespace

TokenizerParts read_tokenizer_files(FileSystem& files, const std::string& directory) {
  switch (kind_of(files, directory)) {
    case TokenizerKind::json: return from_tokenizer_json(files, join_path(directory, "tokenizer.json"));
    case TokenizerKind::vocab_and_merges: return from_vocab_and_merges(files, directory);
    case TokenizerKind::model: return from_tokenizer_model(files, directory);
    case TokenizerKind::none: break;
  }
  fail(ErrorKind::input, "{}: no tokenizer (tokenizer.json, vocab.json and merges.txt, or tokenizer.model)",
       directory);
}

std::optional<std::int64_t> find_token(FileSystem& files, const std::string& directory,
                                       const std::string& token) {
  for (const AddedToken& added : read_tokenizer_config(files, directory).added_tokens)
    if (added.content == token) return added.id;
  if (kind_of(files, directory) == TokenizerKind::none) return std::nullopt;
  const TokenizerParts parts = read_tokenizer_files(files, directory);
  if (const auto id = parts.added_tokens.id_of(token)) return id;
  return parts.vocabulary->find(token);
}

}  // namespace halftone
