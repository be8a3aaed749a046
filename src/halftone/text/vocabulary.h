// Tokens and their ids.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

inline constexpr std::size_t kMaxTokenBytes = 4096;
inline constexpr std::int64_t kMaxTokenId = 0x7FFFFFFE;

// Throws Error(input) unless token and id are what a vocabulary may hold: 1 to kMaxTokenBytes bytes of valid
// UTF-8 without NUL, an id of 0 to kMaxTokenId. `origin` names the file.
void check_token(std::string_view token, std::int64_t id, const std::string& origin);

// Fill it, call finish(), then read it from any thread. Ids may have gaps.
class Vocabulary {
 public:
  // Throws Error(input) for what check_token refuses and for a token that is already there.
  void add(std::string_view token, std::int64_t id, const std::string& origin);
  // Throws Error(input) when two tokens share an id.
  void finish(const std::string& origin);

  std::optional<std::uint32_t> find(std::string_view token) const;
  // The token of an id; valid as long as the vocabulary.
  std::optional<std::string_view> token(std::int64_t id) const;
  std::size_t size() const { return entries_.size(); }
  // The tokens in the order of their adding, index below size().
  std::string_view at(std::size_t index) const { return letters_of(entries_[index]); }
  std::int64_t max_id() const;  // -1 when empty

 private:
  struct Entry {
    std::uint64_t offset;  // into letters_
    std::uint32_t length;
    std::uint32_t id;
  };
  std::string_view letters_of(const Entry& entry) const {
    return std::string_view(letters_).substr(entry.offset, entry.length);
  }
  std::size_t slot_of(std::string_view token) const;
  void grow();

  std::string letters_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  // open addressing: index into entries_, or kEmpty
  std::vector<std::uint32_t> by_id_;  // indices into entries_, by increasing id
};

}  // namespace halftone
