// The door to nlohmann-json: strict reading of files that may be hostile, and values that keep their key order.
//
// Two readers: parse_json builds a tree (configs: small objects), read_json_events streams events to a handler
// (vocabularies and tensor headers, where a tree would cost twenty times the text).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace halftone {

using Json = nlohmann::ordered_json;

// Receives the events of one document; each returns true to go on. Numbers arrive by their kind, so 16.0 is
// never taken for 16. Whatever a handler does not override is refused with a sentence that names the file.
class JsonEvents : public nlohmann::json_sax<Json> {
 public:
  explicit JsonEvents(std::string origin) : origin_(std::move(origin)) {}

  bool null() override { return refuse("null"); }
  bool boolean(bool) override { return refuse("true or false"); }
  bool number_integer(number_integer_t) override { return refuse("a negative integer"); }
  bool number_unsigned(number_unsigned_t) override { return refuse("an integer"); }
  bool number_float(number_float_t, const string_t&) override { return refuse("a fraction"); }
  bool string(string_t&) override { return refuse("a string"); }
  bool binary(binary_t&) override { return refuse("binary data"); }
  bool start_object(std::size_t) override { return refuse("an object"); }
  bool key(string_t&) override { return refuse("a key"); }
  bool end_object() override { return refuse("the end of an object"); }
  bool start_array(std::size_t) override { return refuse("a list"); }
  bool end_array() override { return refuse("the end of a list"); }
  bool parse_error(std::size_t byte, const std::string&, const nlohmann::detail::exception& error) final;

 protected:
  // Throws: `what` stands where the handler does not expect it.
  [[noreturn]] bool refuse(const std::string& what) const;
  // Where the handler stands, for refuse(): "tensor \"a\"", or nothing.
  virtual std::string place() const { return {}; }
  const std::string& origin() const { return origin_; }

 private:
  std::string origin_;
};

inline constexpr int kMaxJsonDepth = 256;
// Keys of one object in a tree: its search for a key is linear, so building it is quadratic.
inline constexpr std::size_t kMaxJsonKeys = 16384;

// Parses text. `origin` names the file in messages. Throws Error(input) for anything that is not one JSON value
// in UTF-8 (without a byte order mark), nests deeper than kMaxJsonDepth, has an object of more than
// kMaxJsonKeys keys, or repeats a key inside one object (two readers would see two values).
Json parse_json(std::string_view text, const std::string& origin);

// Streams text to handler. Throws Error(input) as parse_json does, except that the number of keys is free and
// repeated keys are the handler's affair. What the handler throws passes through.
void read_json_events(std::string_view text, JsonEvents& handler, const std::string& origin);

// Typed access with errors that name the file and the key. A JSON null counts as absent. Integers are those of
// 64 bits with a sign; 16.0 is none.
bool has(const Json& object, const std::string& key);
const Json& get_object(const Json& object, const std::string& key, const std::string& origin);
std::int64_t get_int(const Json& object, const std::string& key, const std::string& origin);
std::int64_t get_int_or(const Json& object, const std::string& key, std::int64_t fallback,
                        const std::string& origin);
double get_double_or(const Json& object, const std::string& key, double fallback, const std::string& origin);
bool get_bool_or(const Json& object, const std::string& key, bool fallback, const std::string& origin);
std::string get_string_or(const Json& object, const std::string& key, const std::string& fallback,
                          const std::string& origin);
std::vector<std::int64_t> get_ints_or(const Json& object, const std::string& key,
                                      std::vector<std::int64_t> fallback, const std::string& origin);
std::vector<double> get_doubles_or(const Json& object, const std::string& key, std::vector<double> fallback,
                                   const std::string& origin);

}  // namespace halftone
