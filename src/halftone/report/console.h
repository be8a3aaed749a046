// Text for terminals: tables and units.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace halftone {

// Columns aligned by display width, two blanks between; numbers (cells that begin with a digit, a sign or a
// dot) to the right. Ends with a newline.
std::string text_table(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows);

std::string human_bytes(std::int64_t bytes);  // "1.5 GiB"
std::string human_seconds(double seconds);    // "8 s", "2 min 05 s", "3 h 12 min"

}  // namespace halftone
