// The byte alphabet of byte-level tokenizers: one printable character for each of the 256 bytes.
// 0x21-0x7E, 0xA1-0xAC and 0xAE-0xFF stand for themselves; the other 68 bytes, in order, are U+0100, U+0101,
// ...
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace halftone {

// The character of a byte.
char32_t byte_character(std::uint8_t byte);
// The byte of a character, if it is one of the alphabet.
std::optional<std::uint8_t> character_byte(char32_t c);

// Appends the characters of all bytes, in UTF-8.
void append_byte_characters(std::string& out, std::string_view bytes);
// The bytes that the characters of token stand for; token's own bytes when one of them is not in the alphabet.
std::string bytes_of_token(std::string_view token);

}  // namespace halftone
