// The header of a safetensors file: reading with every rule of the format, and building.
// Free of torch. Format: 8 bytes little-endian length N, N bytes of JSON, then the tensors' bytes without
// holes. Reference: github.com/huggingface/safetensors, README and safetensors/src/tensor.rs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "halftone/base/dtype.h"

namespace halftone {

struct TensorEntry {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  // in bytes, from the first byte after the header
  std::uint64_t end = 0;

  std::uint64_t bytes() const { return end - begin; }
};

inline constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;

inline constexpr std::size_t kMaxRank = 64;

// Number of the JSON's bytes, from a file's first 8 bytes. Throws Error(input) when they cannot be a
// safetensors file of file_size bytes; recognizes Git LFS pointers, zip archives, GGUF files and web pages by
// their first bytes.
std::uint64_t header_length(std::string_view first_bytes, std::uint64_t file_size, const std::string& path);

// The tensors of a header, in the order of their data. `data_size` is the number of bytes after the header; the
// tensors must cover them exactly, though those of no bytes may share their place. Names are any UTF-8 text and
// must never be used as paths. "__metadata__" must hold text values and is dropped. Throws Error(input), or
// Error(unsupported) for an element type not known here.
std::vector<TensorEntry> parse_header(std::string_view json, std::uint64_t data_size, const std::string& path);

// Bytes of a tensor, with every product checked. Throws Error(input) on overflow: of the bytes, or of the other
// axes where one is 0, since strides are products too.
std::uint64_t checked_bytes(DType dtype, const std::vector<std::int64_t>& shape, const std::string& what);

// The 8 length bytes and the JSON, padded with blanks to a multiple of 8, for tensors whose begin and end are
// set. Writes the metadata {"format": "pt"} that older readers insist on.
std::string build_header(const std::vector<TensorEntry>& entries);

}  // namespace halftone
