// Words and numbers as HTML: everything that comes from outside goes through escaped() or an attribute.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "halftone/base/json.h"

namespace halftone {

// Text for element content and for attributes in double quotes. Control characters and bytes that are not UTF-8
// become U+FFFD.
std::string escaped(std::string_view text);

using Attributes = std::vector<std::pair<std::string_view, std::string>>;

// <name a="...">content</name>; values are escaped here, `content` is HTML already.
std::string tag(std::string_view name, const Attributes& attributes, std::string_view content);
// <name a="..."/>
std::string empty_tag(std::string_view name, const Attributes& attributes);

// Four digits that count, a real minus sign: "0.0007112", "-12.5", "3.1e-7"; an en dash where there is none.
std::string number(double value);
std::string rough(double value);                     // two digits that count: errors, cells of maps
std::string fixed(double value, int digits);         // "1.9405"
std::string signed_fixed(double value, int digits);  // "+0.18"
std::string percent(double share, int digits);       // 0.5 -> "50.0 %"
std::string short_count(double count);               // "6.4 M", "235 B"
std::string count_text(std::int64_t count);          // "1 234 567", thin spaces

// What a record may or may not hold: NaN and "" where it is missing or of another kind.
double value_in(const Json& object, const std::string& key);
std::string text_in(const Json& object, const std::string& key);
// An empty list or object where it is missing.
const Json& list_in(const Json& object, const std::string& key);
const Json& object_in(const Json& object, const std::string& key);

}  // namespace halftone
