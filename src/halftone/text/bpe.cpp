#include "halftone/text/bpe.h"

#include <algorithm>
#include <functional>

#include "halftone/base/error.h"
#include "halftone/text/codepoints.h"

namespace halftone {
namespace {

constexpr std::string_view kBlank = "\u2581";

// The first blank behind something that is no blank; npos if there is none.
std::size_t blank_inside(std::string_view text) {
  std::size_t at = text.find(kBlank);
  while (at != std::string_view::npos && (at == 0 || text.substr(0, at).ends_with(kBlank))) {
    at = text.find(kBlank, at + kBlank.size());
  }
  return at;
}

bool has_blank_inside_token(const Vocabulary& vocabulary) {
  for (std::size_t i = 0; i < vocabulary.size(); ++i) {
    if (blank_inside(vocabulary.at(i)) != std::string_view::npos) return true;
  }
  return false;
}

std::uint32_t merged_token(const Vocabulary& vocabulary, std::string_view token, std::size_t rank,
                           const std::string& origin) {
  const auto id = vocabulary.find(token);
  require(id.has_value(), ErrorKind::input,
          "{}: merge {} needs the token \"{}\", which is not in the vocabulary", origin, rank,
          token.substr(0, 80));
  return *id;
}

MergeTable make_table(const Vocabulary& vocabulary, const MergeList& merges, const std::string& origin) {
  MergeTable table(merges.size());
  std::string joined;
  for (std::size_t rank = 0; rank < merges.size(); ++rank) {
    const auto& [left, right] = merges[rank];
    joined.assign(left).append(right);
    const std::uint32_t left_id = merged_token(vocabulary, left, rank, origin);
    const std::uint32_t right_id = merged_token(vocabulary, right, rank, origin);
    const std::uint32_t joined_id = merged_token(vocabulary, joined, rank, origin);
    const bool added = table.add(left_id, right_id, static_cast<std::uint32_t>(rank), joined_id);
    require(added, ErrorKind::input, "{}: merge {} (\"{}\" and \"{}\") stands twice", origin, rank,
            left.substr(0, 80), right.substr(0, 80));
  }
  return table;
}

}  // namespace

void Bpe::Scratch::trim() {
  constexpr std::size_t kKeep = 1 << 16;
  if (symbols_.capacity() > kKeep) symbols_ = {};
  if (queue_.capacity() > kKeep) queue_ = {};
}

void Bpe::Scratch::add(std::uint32_t id) {
  const auto at = static_cast<std::int32_t>(symbols_.size());
  if (at > 0) symbols_.back().next = at;
  symbols_.push_back({id, at - 1, -1, true});
}

void Bpe::Scratch::flush_unknown() {
  if (pending_unknown_ != kNone) add(static_cast<std::uint32_t>(pending_unknown_));
  pending_unknown_ = kNone;
}

Bpe::Bpe(std::shared_ptr<const Vocabulary> vocabulary, const MergeList& merges, BpeOptions options,
         const std::string& origin)
    : vocabulary_(std::move(vocabulary)),
      merges_(make_table(*vocabulary_, merges, origin)),
      options_(std::move(options)) {
  const auto id_of = [&](std::string_view token) -> std::int64_t {
    const auto id = vocabulary_->find(token);
    return id ? *id : kNone;
  };
  if (options_.unk_token) unk_id_ = id_of(*options_.unk_token);
  require(!options_.unk_token || unk_id_ != kNone, ErrorKind::input,
          "{}: unk_token \"{}\" is not in the vocabulary", origin, options_.unk_token.value_or(""));
  for (unsigned byte = 0; byte < 256; ++byte) byte_ids_[byte] = id_of(fmt::format("<0x{:02X}>", byte));
  for (char32_t c = 0; c < kDirect; ++c) scalar_ids_[c] = id_of(to_utf8(c));
  // Where characters are dropped, what stands on their two sides may merge; and the blank itself must be known,
  // or a run of unknowns could be fused across it.
  const bool all_bytes = std::find(byte_ids_.begin(), byte_ids_.end(), kNone) == byte_ids_.end();
  const bool none_dropped = unk_id_ != kNone || (options_.byte_fallback && all_bytes);
  parts_at_blanks_ = none_dropped && id_of(kBlank) != kNone && !has_blank_inside_token(*vocabulary_);
}

std::size_t Bpe::part_length(std::string_view word) const {
  return parts_at_blanks_ ? std::min(blank_inside(word), word.size()) : word.size();
}

std::int64_t Bpe::id_of_scalar(char32_t value, std::string_view bytes) const {
  if (value < kDirect) return scalar_ids_[value];
  const auto id = vocabulary_->find(bytes);
  return id ? *id : kNone;
}

void Bpe::encode(std::string_view word, Scratch& scratch, std::vector<std::int64_t>& ids) const {
  if (word.empty()) return;
  HALFTONE_ASSERT(word.size() <= INT32_MAX);
  if (options_.ignore_merges) {
    if (const auto id = vocabulary_->find(word)) return ids.push_back(*id);
  }
  scratch.symbols_.clear();
  add_symbols(word, scratch);
  merge_all(scratch);
  for (const auto& symbol : scratch.symbols_) {
    if (symbol.alive) ids.push_back(symbol.id);
  }
}

void Bpe::add_symbols(std::string_view word, Scratch& scratch) const {
  while (!word.empty()) {
    const Scalar scalar = front_scalar(word);
    const std::string_view character = word.substr(0, scalar.length);
    word.remove_prefix(scalar.length);
    const std::int64_t id = id_of_scalar(scalar.value, character);
    if (id != kNone) {
      scratch.flush_unknown();
      scratch.add(static_cast<std::uint32_t>(id));
    } else if (!add_bytes(character, scratch)) {
      add_unknown(scratch);
    }
  }
  scratch.flush_unknown();
}

// False when bytes are not a way out. Bytes do not flush an unknown that waits: the reference has this order.
bool Bpe::add_bytes(std::string_view character, Scratch& scratch) const {
  if (!options_.byte_fallback) return false;
  const auto id = [&](char byte) { return byte_ids_[static_cast<unsigned char>(byte)]; };
  if (std::any_of(character.begin(), character.end(), [&](char byte) { return id(byte) == kNone; }))
    return false;
  for (const char byte : character) scratch.add(static_cast<std::uint32_t>(id(byte)));
  return true;
}

void Bpe::add_unknown(Scratch& scratch) const {
  if (!options_.fuse_unk) scratch.flush_unknown();
  scratch.pending_unknown_ = unk_id_;
}

// Queues the merge of the symbol at `left` with the next one, if there is one.
void Bpe::push_merge(std::int32_t left, Scratch& scratch) const {
  const auto& symbol = scratch.symbols_[static_cast<std::size_t>(left)];
  if (symbol.next < 0) return;
  const auto* merge = merges_.find(symbol.id, scratch.symbols_[static_cast<std::size_t>(symbol.next)].id);
  if (!merge) return;
  scratch.queue_.push_back(
      {static_cast<std::uint64_t>(merge->rank) << 32 | static_cast<std::uint32_t>(left), merge->id});
  std::push_heap(scratch.queue_.begin(), scratch.queue_.end(), std::greater<>());
}

void Bpe::merge_all(Scratch& scratch) const {
  auto& symbols = scratch.symbols_;
  auto& queue = scratch.queue_;
  queue.clear();
  for (std::size_t i = 0; i < symbols.size(); ++i) push_merge(static_cast<std::int32_t>(i), scratch);
  while (!queue.empty()) {
    std::pop_heap(queue.begin(), queue.end(), std::greater<>());
    const auto [order, id] = queue.back();
    queue.pop_back();
    const auto at = static_cast<std::int32_t>(order & 0xFFFFFFFF);
    auto& left = symbols[static_cast<std::size_t>(at)];
    if (!left.alive || left.next < 0) continue;
    auto& right = symbols[static_cast<std::size_t>(left.next)];
    // Stale: one of the two was joined since. The reference compares the result only, not the rank.
    const auto* merge = merges_.find(left.id, right.id);
    if (!merge || merge->id != id) continue;
    left.id = id;
    left.next = right.next;
    right.alive = false;
    if (left.next >= 0) symbols[static_cast<std::size_t>(left.next)].previous = at;
    if (left.previous >= 0) push_merge(left.previous, scratch);
    push_merge(at, scratch);
  }
}

}  // namespace halftone
