// Safetensors files made by hand, right or wrong.
#pragma once

#include <cstdint>
#include <string>

namespace halftone {

// The 8 bytes of a length, little-endian.
inline std::string length_bytes(std::uint64_t length) {
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(length >> (8 * i));
  return bytes;
}

// length, json, data: a file as the format says.
inline std::string raw_safetensors(const std::string& json, const std::string& data = {}) {
  return length_bytes(json.size()) + json + data;
}

// A header entry: "name":{"dtype":...,"shape":[...],"data_offsets":[begin,end]}.
inline std::string raw_entry(const std::string& name, const std::string& dtype, const std::string& shape,
                             const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":[" + shape + "],\"data_offsets\":[" +
         offsets + "]}";
}

}  // namespace halftone
