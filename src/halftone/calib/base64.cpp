#include "halftone/calib/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "halftone/base/error.h"

namespace halftone {
namespace {

constexpr std::uint8_t kNone = 64, kBlank = 65;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNone);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  for (const char blank : {' ', '\t', '\r', '\n'}) values[static_cast<unsigned char>(blank)] = kBlank;
  return values;
}

constexpr auto kValues = make_values();

}  // namespace

std::vector<std::byte> decode_base64(std::string_view text) {
  std::vector<std::byte> out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  std::size_t digits = 0, padding = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint8_t value = kValues[static_cast<unsigned char>(text[i])];
    if (value == kBlank) continue;
    if (text[i] == '=') {
      ++padding;
      continue;
    }
    require(value < kNone && padding == 0, ErrorKind::input, "not base64: character {} is \"{}\"", i + 1,
            clipped(text.substr(i, 1)));
    bits = bits << 6 | value;
    if (++digits % 4 == 0) {
      for (const int shift : {16, 8, 0}) out.push_back(static_cast<std::byte>(bits >> shift & 0xFF));
    }
  }
  const std::size_t left = digits % 4;
  require(left != 1 && padding == (4 - left) % 4, ErrorKind::input,
          "not base64: it ends after {} digits and {} signs of padding", digits, padding);
  if (left >= 2) out.push_back(static_cast<std::byte>(bits >> (left == 2 ? 4 : 10) & 0xFF));
  if (left == 3) out.push_back(static_cast<std::byte>(bits >> 2 & 0xFF));
  return out;
}

std::string encode_base64(std::span<const std::byte> bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 3; ++k)
      word = word << 8 | (k < count ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k < 4; ++k) text += k <= count ? kAlphabet[word >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

}  // namespace halftone
