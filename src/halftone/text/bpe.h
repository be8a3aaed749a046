// Byte pair encoding of one word (Sennrich, Haddow, Birch 2016, arXiv:1508.07909): begin with single characters
// and join the neighbouring pair that was learned first, the leftmost on ties, until no pair is known.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "halftone/text/merge_table.h"
#include "halftone/text/vocabulary.h"

namespace halftone {

// Left and right token of each merge; the place in the list is the rank.
using MergeList = std::vector<std::pair<std::string, std::string>>;

struct BpeOptions {
  std::optional<std::string> unk_token;  // stands for characters outside the vocabulary; none: they are dropped
  bool fuse_unk = false;                 // one for a run of them
  bool byte_fallback = false;            // spell them as <0xHH> tokens instead, where all of these exist
  bool ignore_merges = false;            // a word of the vocabulary is its token, whatever the merges say
};

// Immutable and thread-safe.
class Bpe {
 public:
  // What one thread needs while it encodes.
  class Scratch;

  // Throws Error(input) when a merge names a token that is not in the vocabulary or stands twice, or when the
  // vocabulary has no unk_token.
  Bpe(std::shared_ptr<const Vocabulary> vocabulary, const MergeList& merges, BpeOptions options,
      const std::string& origin);

  // Bytes at the front of a word that can be encoded apart from the rest with the same result. Tokenizers
  // without words of their own put a U+2581 before each; if no token holds one behind anything else, no merge
  // crosses there.
  std::size_t part_length(std::string_view word) const;

  // Appends the ids of a word, valid UTF-8 below 2^31 bytes. Time n log n in its length.
  void encode(std::string_view word, Scratch& scratch, std::vector<std::int64_t>& ids) const;

 private:
  static constexpr std::int64_t kNone = -1;
  static constexpr std::size_t kDirect = 0x400;
  void add_symbols(std::string_view word, Scratch& scratch) const;
  bool add_bytes(std::string_view character, Scratch& scratch) const;
  void add_unknown(Scratch& scratch) const;
  void push_merge(std::int32_t left, Scratch& scratch) const;
  void merge_all(Scratch& scratch) const;
  std::int64_t id_of_scalar(char32_t value, std::string_view bytes) const;

  std::shared_ptr<const Vocabulary> vocabulary_;
  MergeTable merges_;
  BpeOptions options_;
  std::int64_t unk_id_ = kNone;
  bool parts_at_blanks_ = false;
  std::array<std::int64_t, 256> byte_ids_;        // of <0xHH>
  std::array<std::int64_t, kDirect> scalar_ids_;  // of the first scalars, most of every text
};

class Bpe::Scratch {
 public:
  // Gives back the memory that a very long word took.
  void trim();

 private:
  friend class Bpe;
  // A doubly linked list over the symbols of the word; joined ones are dead.
  struct Symbol {
    std::uint32_t id;
    std::int32_t previous, next;
    bool alive;
  };
  struct Candidate {
    std::uint64_t order;  // rank, then place of the left symbol
    std::uint32_t id;
    friend bool operator>(const Candidate& a, const Candidate& b) { return a.order > b.order; }
  };
  void add(std::uint32_t id);
  void flush_unknown();

  std::vector<Symbol> symbols_;
  std::vector<Candidate> queue_;  // a heap, the smallest first
  std::int64_t pending_unknown_ = kNone;
};

}  // namespace halftone
