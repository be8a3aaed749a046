#include "halftone/text/vocabulary.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "halftone/base/error.h"
#include "halftone/text/codepoints.h"

namespace halftone {
namespace {

constexpr std::uint32_t kEmpty = UINT32_MAX;

}  // namespace

void check_token(std::string_view token, std::int64_t id, const std::string& origin) {
  require(id >= 0 && id <= kMaxTokenId, ErrorKind::input, "{}: token \"{}\" has the id {}, ids are 0 to {}",
          origin, token.substr(0, 80), id, kMaxTokenId);
  require(!token.empty(), ErrorKind::input, "{}: the token with the id {} is empty", origin, id);
  require(token.size() <= kMaxTokenBytes, ErrorKind::input,
          "{}: the token with the id {} has {} bytes, the limit is {}", origin, id, token.size(),
          kMaxTokenBytes);
  require(token.find('\0') == std::string_view::npos, ErrorKind::input,
          "{}: the token with the id {} holds a NUL character", origin, id);
  require(is_valid_utf8(token), ErrorKind::input, "{}: the token with the id {} is not valid UTF-8", origin,
          id);
}

void Vocabulary::add(std::string_view token, std::int64_t id, const std::string& origin) {
  check_token(token, id, origin);
  if (2 * (entries_.size() + 1) > slots_.size()) grow();
  std::uint32_t& slot = slots_[slot_of(token)];
  require(slot == kEmpty, ErrorKind::input, "{}: token \"{}\" stands twice in the vocabulary", origin,
          token.substr(0, 80));
  slot = static_cast<std::uint32_t>(entries_.size());
  entries_.push_back(
      {letters_.size(), static_cast<std::uint32_t>(token.size()), static_cast<std::uint32_t>(id)});
  letters_ += token;
}

void Vocabulary::finish(const std::string& origin) {
  by_id_.resize(entries_.size());
  std::iota(by_id_.begin(), by_id_.end(), 0u);
  std::sort(by_id_.begin(), by_id_.end(), [&](auto a, auto b) { return entries_[a].id < entries_[b].id; });
  for (std::size_t i = 1; i < by_id_.size(); ++i) {
    const Entry &a = entries_[by_id_[i - 1]], &b = entries_[by_id_[i]];
    require(a.id != b.id, ErrorKind::input, "{}: tokens \"{}\" and \"{}\" share the id {}", origin,
            letters_of(a).substr(0, 80), letters_of(b).substr(0, 80), a.id);
  }
}

std::optional<std::uint32_t> Vocabulary::find(std::string_view token) const {
  if (slots_.empty()) return std::nullopt;
  const std::uint32_t index = slots_[slot_of(token)];
  if (index == kEmpty) return std::nullopt;
  return entries_[index].id;
}

std::optional<std::string_view> Vocabulary::token(std::int64_t id) const {
  const auto below = [&](std::uint32_t index, std::int64_t wanted) { return entries_[index].id < wanted; };
  const auto found = std::lower_bound(by_id_.begin(), by_id_.end(), id, below);
  if (found == by_id_.end() || entries_[*found].id != id) return std::nullopt;
  return letters_of(entries_[*found]);
}

std::int64_t Vocabulary::max_id() const {
  return by_id_.empty() ? -1 : std::int64_t{entries_[by_id_.back()].id};
}

// The slot that holds token, or the empty one where it belongs.
std::size_t Vocabulary::slot_of(std::string_view token) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = std::hash<std::string_view>()(token) & mask;
  while (slots_[slot] != kEmpty && letters_of(entries_[slots_[slot]]) != token) slot = (slot + 1) & mask;
  return slot;
}

void Vocabulary::grow() {
  slots_.assign(std::max<std::size_t>(1024, 2 * slots_.size()), kEmpty);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    slots_[slot_of(letters_of(entries_[i]))] = static_cast<std::uint32_t>(i);
  }
}

}  // namespace halftone
