#include "halftone/text/tokenizer.h"

#include <algorithm>
#include <mutex>

#include "halftone/base/error.h"
#include "halftone/text/codepoints.h"
#include "halftone/text/tokenizer_files.h"
#include "halftone/text/word_cache.h"

namespace halftone {
namespace {

// What one call of encode or decode needs; kept for the next call.
struct Scratch {
  RegexScratch regex;
  Bpe::Scratch bpe;
  WordCache cache;
};

// Lends each caller a Scratch of its own.
class ScratchPool {
 public:
  std::unique_ptr<Scratch> take() {
    std::lock_guard lock(mutex_);
    if (idle_.empty()) {
      // Room for its return, which must not fail.
      idle_.reserve(++made_);
      return std::make_unique<Scratch>();
    }
    auto scratch = std::move(idle_.back());
    idle_.pop_back();
    return scratch;
  }
  void give_back(std::unique_ptr<Scratch> scratch) {
    scratch->bpe.trim();
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(scratch));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> idle_;
  std::size_t made_ = 0;
};

class Loan {
 public:
  explicit Loan(ScratchPool& pool) : pool_(pool), scratch_(pool.take()) {}
  ~Loan() { pool_.give_back(std::move(scratch_)); }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;
  Scratch& operator*() { return *scratch_; }

 private:
  ScratchPool& pool_;
  std::unique_ptr<Scratch> scratch_;
};

void encode_word(const Bpe& bpe, std::string_view word, Scratch& scratch, std::vector<std::int64_t>& ids) {
  const auto known = scratch.cache.find(word);
  if (!known.empty()) {
    ids.insert(ids.end(), known.begin(), known.end());
    return;
  }
  const std::size_t begin = ids.size();
  bpe.encode(word, scratch.bpe, ids);
  scratch.cache.put(word, std::span(ids).subspan(begin));
}

// A piece in which no added token is left.
void encode_ordinary(const TokenizerParts& parts, MarkedText text, Scratch& scratch,
                     std::vector<std::int64_t>& ids) {
  if (parts.pieces) return parts.pieces->encode(text.bytes, ids);
  const Words words = parts.pre_tokenizer.apply(std::move(text.bytes), text.at_front, scratch.regex);
  for (const TextSpan span : words.spans) {
    for (std::string_view rest = span.of(words.text); !rest.empty();) {
      const std::string_view part = rest.substr(0, parts.bpe->part_length(rest));
      encode_word(*parts.bpe, part, scratch, ids);
      rest.remove_prefix(part.size());
    }
  }
}

std::vector<std::int64_t> encode_text(const TokenizerParts& parts, const MarkedText& text, Scratch& scratch) {
  std::vector<std::int64_t> ids;
  for (const TextSegment& outer : parts.added_tokens.split(text, false)) {
    if (outer.id >= 0) {
      ids.push_back(outer.id);
      continue;
    }
    const MarkedText piece = parts.normalizer.apply(text.slice(outer.span), scratch.regex);
    for (const TextSegment& inner : parts.added_tokens.split(piece, true)) {
      if (inner.id >= 0) {
        ids.push_back(inner.id);
      } else {
        encode_ordinary(parts, piece.slice(inner.span), scratch, ids);
      }
    }
  }
  return ids;
}

MarkedText join(std::span<const TextPiece> pieces) {
  const bool marked =
      std::any_of(pieces.begin(), pieces.end(), [](const auto& piece) { return !piece.special; });
  MarkedText text;
  for (const TextPiece& piece : pieces) text.append(lossy_utf8(piece.text), !piece.special, marked);
  return text;
}

}  // namespace

struct Tokenizer::Engine {
  explicit Engine(TokenizerParts from) : parts(std::move(from)) {}

  std::vector<std::int64_t> encode(const MarkedText& text, bool add_special_tokens) const {
    require(text.bytes.size() <= kMaxTextBytes, ErrorKind::input, "a text of {} bytes, the limit is {}",
            text.bytes.size(), kMaxTextBytes);
    Loan scratch(pool);
    std::vector<std::int64_t> ids = encode_text(parts, text, *scratch);
    if (add_special_tokens) parts.post_processor.apply(ids);
    return ids;
  }

  std::string token(std::int64_t id) const {
    if (const AddedToken* added = parts.added_tokens.find(id)) return added->content;
    return std::string(parts.vocabulary->token(id).value_or("\uFFFD"));
  }

  TokenizerParts parts;
  mutable ScratchPool pool;
};

Tokenizer::Tokenizer(std::shared_ptr<const Engine> engine) : engine_(std::move(engine)) {}

Tokenizer Tokenizer::from_directory(FileSystem& files, const std::string& directory) {
  return Tokenizer(std::make_shared<const Engine>(read_tokenizer_files(files, directory)));
}

std::vector<std::int64_t> Tokenizer::encode(std::string_view text, bool add_special_tokens) const {
  return engine_->encode({lossy_utf8(text), {}, true}, add_special_tokens);
}

std::vector<std::int64_t> Tokenizer::encode(std::span<const TextPiece> pieces, bool add_special_tokens) const {
  return engine_->encode(join(pieces), add_special_tokens);
}

std::string Tokenizer::decode(std::span<const std::int64_t> ids, bool skip_special_tokens) const {
  std::vector<std::string> tokens;
  for (const std::int64_t id : ids) {
    if (!skip_special_tokens || !is_special(id)) tokens.push_back(engine_->token(id));
  }
  Loan scratch(engine_->pool);
  return engine_->parts.decoder.apply(std::move(tokens), (*scratch).regex);
}

std::optional<std::int64_t> Tokenizer::id_of(const std::string& token) const {
  if (const auto added = engine_->parts.added_tokens.id_of(token)) return added;
  const auto id = engine_->parts.vocabulary->find(token);
  return id ? std::optional<std::int64_t>(*id) : std::nullopt;
}

std::int64_t Tokenizer::max_id() const {
  const TokenizerParts& parts = engine_->parts;
  return std::max({parts.vocabulary->max_id(), parts.added_tokens.max_id(), parts.post_processor.max_id()});
}

bool Tokenizer::is_special(std::int64_t id) const {
  const AddedToken* added = engine_->parts.added_tokens.find(id);
  return added && added->special;
}

}  // namespace halftone
