#include "halftone/text/answers/edit_distance.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "halftone/text/answers/python_text.h"

namespace halftone {
namespace {

std::u32string folded(std::string_view text) {
  std::string out;
  for (const auto& word : python_split(python_lower(text))) out += (out.empty() ? "" : " ") + word;
  return code_points(out);
}

}  // namespace

std::size_t levenshtein(std::u32string_view a, std::u32string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  std::vector<std::size_t> row(a.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t j = 0; j < b.size(); ++j) {
    std::size_t corner = row[0];
    row[0] = j + 1;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const std::size_t kept = corner + (a[i] == b[j] ? 0 : 1);
      corner = row[i + 1];
      row[i + 1] = std::min({kept, row[i] + 1, row[i + 1] + 1});
    }
  }
  return row.back();
}

double anls(std::string_view prediction, std::span<const std::string> answers) {
  const std::u32string said = folded(prediction);
  const std::size_t said_length = python_upper_length(prediction);
  double nearest = 1;
  for (const auto& answer : answers) {
    const std::size_t length = std::max(python_upper_length(answer), said_length);
    const double distance = static_cast<double>(levenshtein(folded(answer), said));
    nearest = std::min(nearest, length == 0 ? 0 : distance / static_cast<double>(length));
  }
  return 1 - nearest < 0.5 ? 0 : 1 - nearest;
}

}  // namespace halftone
