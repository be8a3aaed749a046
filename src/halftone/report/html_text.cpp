#include "halftone/report/html_text.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace halftone {
namespace {

constexpr const char* kReplacement = "\uFFFD";
constexpr const char* kNothing = "–";

// Bytes of the well-formed UTF-8 character that begins here; 0 for none (Unicode 15, table 3-7).
std::size_t character_at(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t k) {
    return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0u;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                             : (lead & 0xF0) == 0xE0       ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(k) & 0xC0) != 0x80) return 0;
  }
  const unsigned second = byte(1);
  const bool wrong = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                     (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
  return wrong ? 0 : length;
}

// An ASCII character as it may stand in a page.
std::string escaped_ascii(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    case '\n':
    case '\t': return {c};
    default: return static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? kReplacement : std::string(1, c);
  }
}

// A real minus sign in front; exponents without zeros and plus signs.
std::string typeset(std::string text) {
  const std::size_t e = text.find('e');
  if (e != std::string::npos) {
    const std::string exponent = std::to_string(std::stoi(text.substr(e + 1)));
    text = text.substr(0, e + 1) + exponent;
  }
  return text.starts_with('-') ? "−" + text.substr(1) : text;
}

std::string opening(std::string_view name, const Attributes& attributes) {
  std::string html = "<" + std::string(name);
  for (const auto& [key, value] : attributes) html += fmt::format(" {}=\"{}\"", key, escaped(value));
  return html;
}

const Json& member(const Json& object, const std::string& key) {
  static const Json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string html;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_at(text, i);
    if (length == 0) html += kReplacement;
    if (length == 1) html += escaped_ascii(text[i]);
    if (length > 1) html += text.substr(i, length);
    i += std::max<std::size_t>(length, 1);
  }
  return html;
}

std::string tag(std::string_view name, const Attributes& attributes, std::string_view content) {
  return fmt::format("{}>{}</{}>", opening(name, attributes), content, name);
}

std::string empty_tag(std::string_view name, const Attributes& attributes) {
  return opening(name, attributes) + "/>";
}

std::string number(double value) {
  if (!std::isfinite(value)) return kNothing;
  if (value != 0 && std::abs(value) < 1e-4) return typeset(fmt::format("{:.3g}", value));
  if (std::abs(value) >= 999950) return typeset(fmt::format("{:.4g}", value));
  if (std::abs(value) >= 999.95) return typeset(fmt::format("{:.0f}", value));
  return typeset(fmt::format("{:.4g}", value));
}

std::string rough(double value) {
  if (!std::isfinite(value)) return kNothing;
  return std::abs(value) >= 99.5 ? number(std::round(value)) : typeset(fmt::format("{:.2g}", value));
}

std::string fixed(double value, int digits) {
  return std::isfinite(value) ? typeset(fmt::format("{:.{}f}", value, digits)) : kNothing;
}

std::string signed_fixed(double value, int digits) {
  return std::isfinite(value) ? typeset(fmt::format("{:+.{}f}", value, digits)) : kNothing;
}

std::string percent(double share, int digits) {
  return std::isfinite(share) ? fixed(100 * share, digits) + "\u00A0%" : kNothing;
}

std::string short_count(double count) {
  const char* units[] = {"", "\u00A0k", "\u00A0M", "\u00A0B", "\u00A0T"};
  std::size_t unit = 0;
  for (; count >= 999.95 && unit + 1 < std::size(units); ++unit) count /= 1000;
  return unit == 0 ? number(count) : fixed(count, 1) + units[unit];
}

std::string count_text(std::int64_t count) {
  std::string digits = std::to_string(std::abs(count)), text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += "\u202F";
    text += digits[i];
  }
  return count < 0 ? "−" + text : text;
}

double value_in(const Json& object, const std::string& key) {
  const Json& value = member(object, key);
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

std::string text_in(const Json& object, const std::string& key) {
  const Json& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

const Json& list_in(const Json& object, const std::string& key) {
  static const Json empty = Json::array();
  const Json& value = member(object, key);
  return value.is_array() ? value : empty;
}

const Json& object_in(const Json& object, const std::string& key) {
  static const Json empty = Json::object();
  const Json& value = member(object, key);
  return value.is_object() ? value : empty;
}

}  // namespace halftone
