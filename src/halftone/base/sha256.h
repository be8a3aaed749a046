// SHA-256 (FIPS 180-4): what tells that two pictures or two questions are one, on any machine and by any
// program.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace halftone {

class Sha256 {
 public:
  void add(std::span<const std::byte> data);
  void add(std::string_view text) { add(std::as_bytes(std::span(text))); }
  // 64 digits, of what was added so far. More may be added afterwards.
  std::string hex() const;

 private:
  void block(const std::byte* data);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> open_{};  // the block that is not full yet
  std::uint64_t size_ = 0;            // bytes added
};

std::string sha256_hex(std::span<const std::byte> data);
std::string sha256_hex(std::string_view text);

}  // namespace halftone
