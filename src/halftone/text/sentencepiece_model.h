// The door to the SentencePiece library, for models that ship as tokenizer.model alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

// Immutable and thread-safe.
class SentencePieceModel {
 public:
  // `bytes` must have passed check_sentencepiece_proto. Throws Error(input) when the library refuses them.
  SentencePieceModel(std::string_view bytes, const std::string& origin);
  ~SentencePieceModel();
  SentencePieceModel(SentencePieceModel&&) noexcept;
  SentencePieceModel& operator=(SentencePieceModel&&) noexcept;

  // Appends the ids of a text, without begin or end tokens. Throws Error(input) when the library fails.
  void encode(std::string_view text, std::vector<std::int64_t>& ids) const;

 private:
  struct Library;
  std::unique_ptr<Library> library_;
  std::string origin_;
};

}  // namespace halftone
