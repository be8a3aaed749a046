#include "halftone/base/json.h"

#include <unordered_set>
#include <vector>

#include "halftone/base/error.h"

namespace halftone {
namespace {

// What the parser lets pass: it does not limit depth (brackets outside strings are counted here), skips a byte
// order mark and takes a NUL for the end of the text.
void check_text(std::string_view text, const std::string& origin) {
  require(!text.starts_with("\xEF\xBB\xBF"), ErrorKind::input,
          "{}: begins with a byte order mark, not with JSON", origin);
  const size_t nul = text.find('\0');
  require(nul == std::string_view::npos, ErrorKind::input, "{}: not valid JSON, a NUL stands at byte {}",
          origin, nul);
  int depth = 0;
  bool inside_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (inside_string) {
      if (c == '\\') ++i;
      if (c == '"') inside_string = false;
      continue;
    }
    if (c == '"') inside_string = true;
    if (c == ']' || c == '}') --depth;
    if ((c == '[' || c == '{') && ++depth > kMaxJsonDepth) {
      fail(ErrorKind::input, "{}: JSON nests deeper than {} at byte {}", origin, kMaxJsonDepth, i);
    }
  }
}

[[noreturn]] void fail_parse(const std::string& origin, size_t byte, std::string what) {
  // nlohmann prefixes its messages with "[json.exception...] ".
  const size_t bracket = what.find("] ");
  if (bracket != std::string::npos) what.erase(0, bracket + 2);
  fail(ErrorKind::input, "{}: not valid JSON near byte {} ({})", origin, byte, clipped(what, 240));
}

// Refuses a key that stands twice in one object.
class UniqueKeys {
 public:
  explicit UniqueKeys(std::string origin) : origin_(std::move(origin)) {}

  bool operator()(int /*depth*/, Json::parse_event_t event, Json& parsed) {
    using enum Json::parse_event_t;
    if (event == object_start) open_.emplace_back();
    if (event == object_end) open_.pop_back();
    if (event == key) add(parsed.get_ref<const std::string&>());
    return true;
  }

 private:
  void add(const std::string& name) {
    require(open_.back().insert(name).second, ErrorKind::input, "{}: key \"{}\" stands twice in one object",
            origin_, clipped(name));
    require(open_.back().size() <= kMaxJsonKeys, ErrorKind::input, "{}: an object of more than {} keys",
            origin_, kMaxJsonKeys);
  }

  std::string origin_;
  std::vector<std::unordered_set<std::string>> open_;
};

[[noreturn]] void fail_type(const Json& value, const std::string& key, const char* expected,
                            const std::string& origin) {
  fail(ErrorKind::input, "{}: \"{}\" is {}, expected {}", origin, key, clipped(value.dump(), 40), expected);
}

// Integers above 2^63-1 are parsed as unsigned and would wrap.
bool is_int64(const Json& value) {
  return value.is_number_unsigned() ? value.get<std::uint64_t>() <= INT64_MAX : value.is_number_integer();
}

}  // namespace

Json parse_json(std::string_view text, const std::string& origin) {
  check_text(text, origin);
  try {
    return Json::parse(text, UniqueKeys(origin));
  } catch (const Json::parse_error& error) {
    fail_parse(origin, error.byte, error.what());
  } catch (const Json::exception& error) {
    fail_parse(origin, 0, error.what());
  }
}

bool JsonEvents::parse_error(std::size_t byte, const std::string&, const nlohmann::detail::exception& error) {
  fail_parse(origin_, byte, error.what());
}

bool JsonEvents::refuse(const std::string& what) const {
  const std::string where = place();
  fail(ErrorKind::input, "{}: {}{}{} stands where it does not belong", origin_, where,
       where.empty() ? "" : ": ", what);
}

void read_json_events(std::string_view text, JsonEvents& handler, const std::string& origin) {
  check_text(text, origin);
  Json::sax_parse(text, &handler);
}

bool has(const Json& object, const std::string& key) {
  return object.is_object() && object.contains(key) && !object[key].is_null();
}

const Json& get_object(const Json& object, const std::string& key, const std::string& origin) {
  require(has(object, key) && object[key].is_object(), ErrorKind::input, "{}: \"{}\" is missing, or no object",
          origin, key);
  return object[key];
}

std::int64_t get_int(const Json& object, const std::string& key, const std::string& origin) {
  require(has(object, key), ErrorKind::input, "{}: \"{}\" is missing", origin, key);
  if (!is_int64(object[key])) fail_type(object[key], key, "an integer of 64 bits", origin);
  return object[key].get<std::int64_t>();
}

std::int64_t get_int_or(const Json& object, const std::string& key, std::int64_t fallback,
                        const std::string& origin) {
  return has(object, key) ? get_int(object, key, origin) : fallback;
}

double get_double_or(const Json& object, const std::string& key, double fallback, const std::string& origin) {
  if (!has(object, key)) return fallback;
  if (!object[key].is_number()) fail_type(object[key], key, "a number", origin);
  return object[key].get<double>();
}

bool get_bool_or(const Json& object, const std::string& key, bool fallback, const std::string& origin) {
  if (!has(object, key)) return fallback;
  if (!object[key].is_boolean()) fail_type(object[key], key, "true or false", origin);
  return object[key].get<bool>();
}

std::string get_string_or(const Json& object, const std::string& key, const std::string& fallback,
                          const std::string& origin) {
  if (!has(object, key)) return fallback;
  if (!object[key].is_string()) fail_type(object[key], key, "a string", origin);
  return object[key].get<std::string>();
}

std::vector<std::int64_t> get_ints_or(const Json& object, const std::string& key,
                                      std::vector<std::int64_t> fallback, const std::string& origin) {
  if (!has(object, key)) return fallback;
  if (!object[key].is_array()) fail_type(object[key], key, "a list of integers", origin);
  std::vector<std::int64_t> values;
  for (const auto& item : object[key]) {
    if (!is_int64(item)) fail_type(object[key], key, "a list of integers", origin);
    values.push_back(item.get<std::int64_t>());
  }
  return values;
}

std::vector<double> get_doubles_or(const Json& object, const std::string& key, std::vector<double> fallback,
                                   const std::string& origin) {
  if (!has(object, key)) return fallback;
  if (!object[key].is_array()) fail_type(object[key], key, "a list of numbers", origin);
  std::vector<double> values;
  for (const auto& item : object[key]) {
    if (!item.is_number()) fail_type(object[key], key, "a list of numbers", origin);
    values.push_back(item.get<double>());
  }
  return values;
}

}  // namespace halftone
