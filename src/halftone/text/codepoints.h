// UTF-8, and the few classes of characters that tokenizers ask about (the tables are utf8proc's, Unicode 15).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace halftone {

// One Unicode scalar value and the number of its bytes in UTF-8.
struct Scalar {
  char32_t value = 0;
  std::uint32_t length = 0;
};

// Number of bytes of the scalar that begins with this byte, in valid UTF-8.
inline std::uint32_t utf8_length(unsigned char lead) {
  return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

// The scalar at the front of a text that is valid UTF-8 and not empty.
inline Scalar front_scalar(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::uint32_t length = utf8_length(byte(0));
  if (length == 1) return {byte(0), 1};
  char32_t value = byte(0) & (0x7Fu >> length);
  for (std::uint32_t i = 1; i < length; ++i) value = value << 6 | (byte(i) & 0x3Fu);
  return {value, length};
}
// The last scalar of such a text.
Scalar back_scalar(std::string_view text);

void append_utf8(std::string& out, char32_t value);
std::string to_utf8(char32_t value);

// Bytes at the front that are valid UTF-8.
std::size_t valid_prefix(std::string_view bytes);
inline bool is_valid_utf8(std::string_view bytes) { return valid_prefix(bytes) == bytes.size(); }
// Valid UTF-8: every longest invalid part becomes one U+FFFD, as browsers and Rust's from_utf8_lossy do it.
std::string lossy_utf8(std::string_view bytes);

bool is_white_space(char32_t c);  // the property White_Space
bool is_numeric(char32_t c);      // general category N*
bool is_punctuation(char32_t c);  // general category P*, and all of ASCII's punctuation
bool is_word(char32_t c);         // \w of UTS 18: Alphabetic, M*, Nd, Pc, Join_Control
// The full lower-case mapping, without the rules that depend on neighbours.
void append_lower(std::string& out, char32_t c);
// The title-case mapping of one scalar to one scalar.
void append_title(std::string& out, char32_t c);

}  // namespace halftone
