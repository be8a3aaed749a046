#include "halftone/text/byte_alphabet.h"

#include <array>

#include "halftone/text/codepoints.h"

namespace halftone {
namespace {

constexpr bool stands_for_itself(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

constexpr std::array<char16_t, 256> make_characters() {
  std::array<char16_t, 256> table{};
  char16_t next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) {
    table[byte] = stands_for_itself(byte) ? static_cast<char16_t>(byte) : next++;
  }
  return table;
}

constexpr std::array<char16_t, 256> kCharacters = make_characters();
constexpr char16_t kEnd = 0x100 + 68;

constexpr std::array<std::int16_t, kEnd> make_bytes() {
  std::array<std::int16_t, kEnd> table{};
  table.fill(-1);
  for (unsigned byte = 0; byte < 256; ++byte) table[kCharacters[byte]] = static_cast<std::int16_t>(byte);
  return table;
}

constexpr std::array<std::int16_t, kEnd> kBytes = make_bytes();

}  // namespace

char32_t byte_character(std::uint8_t byte) { return kCharacters[byte]; }

std::optional<std::uint8_t> character_byte(char32_t c) {
  if (c >= kEnd || kBytes[c] < 0) return std::nullopt;
  return static_cast<std::uint8_t>(kBytes[c]);
}

void append_byte_characters(std::string& out, std::string_view bytes) {
  std::size_t at = out.size();
  out.resize(at + 2 * bytes.size());
  for (const char byte : bytes) {
    const char16_t c = kCharacters[static_cast<unsigned char>(byte)];
    if (c < 0x80) {
      out[at++] = static_cast<char>(c);
    } else {
      // All characters of the alphabet are below U+0800: two bytes.
      out[at++] = static_cast<char>(0xC0 | c >> 6);
      out[at++] = static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  out.resize(at);
}

std::string bytes_of_token(std::string_view token) {
  std::string bytes;
  for (std::string_view rest = token; !rest.empty();) {
    const Scalar scalar = front_scalar(rest);
    const auto byte = character_byte(scalar.value);
    if (!byte) return std::string(token);
    bytes += static_cast<char>(*byte);
    rest.remove_prefix(scalar.length);
  }
  return bytes;
}

}  // namespace halftone
