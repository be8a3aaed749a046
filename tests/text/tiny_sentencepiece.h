// A hand-made tokenizer.model: protobuf bytes written field by field.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace halftone {

inline std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7F));
  return out + static_cast<char>(value);
}

inline std::string number_field(int number, std::uint64_t value) {
  return varint(static_cast<std::uint64_t>(number) << 3) + varint(value);
}

inline std::string bytes_field(int number, std::string_view bytes) {
  return varint(static_cast<std::uint64_t>(number) << 3 | 2) + varint(bytes.size()) + std::string(bytes);
}

inline std::string float_field(int number, float value) {
  std::string bytes(4, '\0');
  std::memcpy(bytes.data(), &value, 4);
  return varint(static_cast<std::uint64_t>(number) << 3 | 5) + bytes;
}

// Types: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
inline std::string piece_field(const std::string& text, float score, int type) {
  return bytes_field(
      1, bytes_field(1, text) + float_field(2, score) + number_field(3, static_cast<unsigned>(type)));
}

// A BPE model without normalization: ids 0 <unk>, 1 <s>, 2 </s>, 3 ▁, 4 a, 5 b, 6 ab, 7 ▁ab.
inline std::string tiny_sentencepiece(bool add_dummy_prefix, const std::string& charsmap = "") {
  return piece_field("<unk>", 0, 2) + piece_field("<s>", 0, 3) + piece_field("</s>", 0, 3) +
         piece_field("▁", -3, 1) + piece_field("a", -4, 1) + piece_field("b", -5, 1) +
         piece_field("ab", -1, 1) + piece_field("▁ab", -2, 1) + bytes_field(2, number_field(3, 2)) +
         bytes_field(3, bytes_field(1, "identity") + bytes_field(2, charsmap) +
                            number_field(3, add_dummy_prefix ? 1 : 0) + number_field(4, 0) +
                            number_field(5, 1));
}

}  // namespace halftone
