// Where the tests of the verbs find their material.
#pragma once

#include <fstream>
#include <string>

#include "tests/temp_directory.h"

namespace halftone::test {

inline const std::string kModel = std::string(HALFTONE_EXAMPLES) + "/mini-qwen2vl";
inline const std::string kPictures = std::string(HALFTONE_GOLDENS) + "/images";

// Writes a file of a temporary directory and returns its path.
inline std::string write_into(const TempDirectory& place, const std::string& name, const std::string& text) {
  std::ofstream(place / name, std::ios::binary) << text;
  return place / name;
}

// `count` short texts as JSON lines.
inline std::string write_texts(const TempDirectory& place, int count) {
  std::string lines;
  for (int i = 0; i < count; ++i)
    lines += "{\"text\": \"Sample number " + std::to_string(i) + " speaks of a red square.\"}\n";
  return write_into(place, "texts.jsonl", lines);
}

}  // namespace halftone::test
