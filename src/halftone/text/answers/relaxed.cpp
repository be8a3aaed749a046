#include "halftone/text/answers/relaxed.h"

#include <cmath>
#include <optional>

#include "halftone/text/answers/python_text.h"

namespace halftone {
namespace {

std::optional<double> amount(std::string_view text) {
  if (!text.ends_with('%')) return python_float(text);
  const std::size_t end = text.find_last_not_of('%');
  const auto value = python_float(text.substr(0, end == std::string_view::npos ? 0 : end + 1));
  return value ? std::optional(*value / 100) : std::nullopt;
}

}  // namespace

bool relaxed_equal(std::string_view prediction, std::string_view answer) {
  const auto said = amount(prediction), wanted = amount(answer);
  if (said && wanted && *wanted != 0) return std::abs(*said - *wanted) / std::abs(*wanted) <= 0.05;
  return python_lower(prediction) == python_lower(answer);
}

}  // namespace halftone
