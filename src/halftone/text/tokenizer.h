// Text to token ids and back, as the tokenizers of the field's checkpoints do it, id for id.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "halftone/io/file.h"

namespace halftone {

// A part of a text. Added tokens are recognised in `special` parts only, so that "<|end|>" typed by a user
// stays the seven characters that it is.
struct TextPiece {
  std::string text;
  bool special = true;
};

// Immutable after loading and thread-safe; copies share everything.
//
// Speed: a text is split by a compiled regular expression and words are looked up in a cache that every thread
// in encode has for itself, so the first texts are slower than the rest.
class Tokenizer {
 public:
  static constexpr std::size_t kMaxTextBytes = std::size_t{1} << 30;

  // Reads tokenizer.json, else vocab.json with merges.txt, else tokenizer.model (the latter two with
  // tokenizer_config.json and added_tokens.json). Throws Error(input) for missing or broken files,
  // Error(unsupported) for models, steps and tokenizer classes that are not known here, by name.
  static Tokenizer from_directory(FileSystem& files, const std::string& directory);

  // The ids of a text. Bytes that are not UTF-8 are read as U+FFFD. With add_special_tokens, the ids that the
  // tokenizer puts around every text are added. Throws Error(input) for a text above kMaxTextBytes, and for one
  // at which a regular expression of the tokenizer gives up.
  std::vector<std::int64_t> encode(std::string_view text, bool add_special_tokens) const;
  // The ids of the pieces joined: normalization, words and merges cross their borders. An added token counts
  // where it lies within one or several neighbouring special pieces. Each piece is UTF-8 for itself.
  std::vector<std::int64_t> encode(std::span<const TextPiece> pieces, bool add_special_tokens) const;

  // The text of ids; always valid UTF-8. An id without a token becomes U+FFFD.
  std::string decode(std::span<const std::int64_t> ids, bool skip_special_tokens) const;

  std::optional<std::int64_t> id_of(const std::string& token) const;
  // The highest id that encode can give.
  std::int64_t max_id() const;
  // Whether decode leaves this id out when asked.
  bool is_special(std::int64_t id) const;

 private:
  struct Engine;
  explicit Tokenizer(std::shared_ptr<const Engine> engine);
  std::shared_ptr<const Engine> engine_;
};

}  // namespace halftone
