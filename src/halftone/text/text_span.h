// A range of bytes inside a text.
#pragma once

#include <cstddef>
#include <string_view>

namespace halftone {

struct TextSpan {
  std::size_t begin = 0;
  std::size_t end = 0;

  std::size_t size() const { return end - begin; }
  bool empty() const { return begin == end; }
  std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
  friend bool operator==(const TextSpan&, const TextSpan&) = default;
};

}  // namespace halftone
