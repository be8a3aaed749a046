#include "halftone/text/word_cache.h"

#include <functional>

namespace halftone {
namespace {

// A table that stays in the second-level cache serves better than a larger one.
constexpr std::size_t kSlots = 1 << 16, kProbes = 8;
constexpr std::size_t kMaxLetters = 1 << 20, kMaxIds = 1 << 19;

}  // namespace

std::size_t WordCache::slot_of(std::string_view word) const {
  const std::uint64_t hash = std::hash<std::string_view>()(word);
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  for (std::size_t probe = 0; probe < kProbes; ++probe) {
    const std::size_t place = (hash + probe) % kSlots;
    const Slot& slot = slots_[place];
    if (slot.length == 0) return place;
    if (slot.tag == tag && slot.length == word.size() &&
        std::string_view(letters_).substr(slot.letters, slot.length) == word)
      return place;
  }
  return kNowhere;
}

std::span<const std::int64_t> WordCache::find(std::string_view word) const {
  if (slots_.empty() || word.size() > kMaxWordBytes) return {};
  const std::size_t place = slot_of(word);
  if (place == kNowhere || slots_[place].length == 0) return {};
  return {ids_.data() + slots_[place].ids, slots_[place].count};
}

void WordCache::put(std::string_view word, std::span<const std::int64_t> ids) {
  if (word.empty() || word.size() > kMaxWordBytes || ids.empty() || ids.size() > UINT8_MAX) return;
  if (slots_.empty() || letters_.size() + word.size() > kMaxLetters || ids_.size() + ids.size() > kMaxIds) {
    slots_.assign(kSlots, {});
    letters_.clear();
    ids_.clear();
  }
  const std::size_t place = slot_of(word);
  if (place == kNowhere || slots_[place].length != 0) return;
  slots_[place] = {static_cast<std::uint32_t>(letters_.size()), static_cast<std::uint32_t>(ids_.size()),
                   static_cast<std::uint32_t>(std::hash<std::string_view>()(word) >> 32),
                   static_cast<std::uint8_t>(word.size()), static_cast<std::uint8_t>(ids.size())};
  letters_ += word;
  ids_.insert(ids_.end(), ids.begin(), ids.end());
}

}  // namespace halftone
