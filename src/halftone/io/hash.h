// The door to xxhash: checksums of files and tensors. Not cryptographic.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace halftone {

// Streaming xxh3-64.
class Hash64 {
 public:
  Hash64();
  ~Hash64();
  Hash64(Hash64&&) noexcept;
  Hash64& operator=(Hash64&&) noexcept;
  void add(std::span<const std::byte> data);
  std::uint64_t value() const;
  std::string hex() const;  // 16 digits

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string hash_hex(std::string_view text);

}  // namespace halftone
