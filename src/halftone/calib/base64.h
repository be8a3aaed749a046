// Pictures as text.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

// Decodes the standard alphabet with padding; white space between is allowed. Throws Error(input) that says at
// which character the text stops being base64.
std::vector<std::byte> decode_base64(std::string_view text);

// The inverse, with padding and without line breaks.
std::string encode_base64(std::span<const std::byte> bytes);

}  // namespace halftone
