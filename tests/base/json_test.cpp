#include "halftone/base/json.h"

#include <limits>
#include <string>

#include "tests/expect_error.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

using enum ErrorKind;

std::string repeated(const std::string& text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

// Takes any document, so that only the reader itself can refuse.
class AnyEvents final : public JsonEvents {
 public:
  AnyEvents() : JsonEvents("a.json") {}
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
};

void both_refuse(const std::string& text, const std::string& piece) {
  SCOPED_TRACE(clipped(text, 60));
  expect_error(input, {"a.json", piece}, [&] { parse_json(text, "a.json"); });
  AnyEvents events;
  expect_error(input, {"a.json", piece}, [&] { read_json_events(text, events, "a.json"); });
}

TEST(Json, BothReadersRefuseWhatIsNotJson) {
  const std::pair<std::string, std::string> table[] = {
      {"", "near byte 1"},
      {"{", "near byte"},
      {"{} {}", "near byte 4"},
      {"{'a': 1}", "near byte 2"},
      {"{\"a\": 1,}", "near byte 9"},
      {"[1 2]", "near byte 4"},
      {"NaN", "near byte"},
      {"[Infinity]", "near byte"},
      {"[1e400]", "near byte"},
      {"[01]", "near byte"},
      {"[.5]", "near byte"},
      {"// no\n{}", "near byte"},
      {"\"\x01\"", "near byte"},
      {"\"\xff\"", "near byte"},
      {"\"\xc0\xaf\"", "near byte"},      // overlong
      {"\"\\ud800\"", "near byte"},       // a lone surrogate
      {"\"\xed\xa0\x80\"", "near byte"},  // the same, in bytes
      {"\xef\xbb\xbf{}", "byte order mark"},
      {std::string("{}\0", 3), "NUL stands at byte 2"},
      {std::string("{}\0{}", 5), "NUL stands at byte 2"},
      {std::string("\"a\0b\"", 5), "NUL stands at byte 2"},
      {std::string("{\0}\0", 4), "NUL stands at byte 1"},  // UTF-16
  };
  for (const auto& [text, piece] : table) both_refuse(text, piece);
}

TEST(Json, BothReadersStopAtTheDepthLimit) {
  for (const auto& [open, close] : {std::pair("[", "]"), std::pair("{\"a\":", "}")}) {
    const auto nested = [&, o = open, c = close](int depth) {
      return repeated(o, depth) + "1" + repeated(c, depth);
    };
    EXPECT_NO_THROW(parse_json(nested(kMaxJsonDepth), "a.json"));
    both_refuse(nested(kMaxJsonDepth + 1), "nests deeper than 256");
    both_refuse(repeated(open, 100000), "nests deeper than 256");
  }
  both_refuse(repeated("]", 1000) + repeated("[", 1000), "a.json");
}

TEST(Json, BracketsInsideStringsAreNoDepth) {
  EXPECT_NO_THROW(parse_json("[\"" + repeated("[", 1000) + "\\\"" + repeated("{", 1000) + "\\\\\"]", "a.json"));
}

TEST(Json, MessagesStaySmall) {
  const Error error = error_of([] { parse_json("[\"" + std::string(1 << 20, 'x') + "\"", "a.json"); });
  EXPECT_LT(error.message().size(), 500u);
}

TEST(ParseJson, KeepsTheOrderOfKeys) {
  EXPECT_EQ(parse_json(R"({"z": 1, "a": [2, -3, 4.5], "m": {"b": null, "a": true}})", "a").dump(),
            R"({"z":1,"a":[2,-3,4.5],"m":{"b":null,"a":true}})");
}

TEST(ParseJson, RefusesRepeatedKeysInOneObjectOnly) {
  expect_error(input, {"a.json", "\"k\" stands twice"}, [] { parse_json(R"({"k": 1, "k": 1})", "a.json"); });
  expect_error(input, {"\"k\" stands twice"},
               [] { parse_json(R"([{"x": {"k": 1, "j": 2, "k": 3}}])", "a.json"); });
  expect_error(input, {"\"k\" stands twice"}, [] { parse_json(R"({"k": 1, "\u006b": 1})", "a.json"); });
  EXPECT_NO_THROW(parse_json(R"({"k": {"k": [{"k": 1}, {"k": 2}]}})", "a.json"));
}

TEST(ParseJson, BoundsTheKeysOfOneObject) {
  const auto object_of = [](std::size_t keys) {
    std::string text = "{\"k0\":0";
    for (std::size_t i = 1; i < keys; ++i) text += fmt::format(",\"k{}\":0", i);
    return text + "}";
  };
  EXPECT_EQ(parse_json(object_of(kMaxJsonKeys), "a.json").size(), kMaxJsonKeys);
  expect_error(input, {"a.json", "more than 16384 keys"},
               [&] { parse_json(object_of(kMaxJsonKeys + 1), "a.json"); });
  AnyEvents events;
  EXPECT_NO_THROW(read_json_events(object_of(3 * kMaxJsonKeys), events, "a.json"));
}

TEST(JsonEvents, WhatAHandlerDoesNotTakeIsRefusedByName) {
  const std::pair<const char*, const char*> table[] = {
      {"null", "null"},
      {"true", "true or false"},
      {"-1", "a negative integer"},
      {"1", "an integer"},
      {"16.0", "a fraction"},
      {"1e1", "a fraction"},
      {"18446744073709551616", "a fraction"},
      {"\"a\"", "a string"},
      {"{}", "an object"},
      {"[]", "a list"},
  };
  for (const auto& [text, piece] : table) {
    JsonEvents nothing("a.json");
    expect_error(input, {"a.json", piece, "does not belong"},
                 [&, t = text] { read_json_events(t, nothing, "a.json"); });
  }
}

TEST(JsonEvents, ARefusalSaysWhereTheHandlerStands) {
  class Placed : public JsonEvents {
   public:
    Placed() : JsonEvents("a.json") {}
    std::string place() const override { return "tensor \"w\""; }
  } placed;
  expect_error(input, {"a.json: tensor \"w\": null stands"},
               [&] { read_json_events("null", placed, "a.json"); });
}

TEST(JsonAccess, ReadsEachTypeAndNamesTheKeyOtherwise) {
  const Json object = parse_json(
      R"({"i": 7, "n": -7, "d": 0.5, "b": true, "s": "x", "is": [1, 2], "ds": [1, 0.5], "null": null,
          "big": 9223372036854775808, "bigs": [9223372036854775808], "top": 9223372036854775807})",
      "c.json");
  EXPECT_EQ(get_int(object, "i", "c.json"), 7);
  EXPECT_EQ(get_int(object, "n", "c.json"), -7);
  EXPECT_EQ(get_int(object, "top", "c.json"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(get_double_or(object, "d", 1, "c.json"), 0.5);
  EXPECT_EQ(get_double_or(object, "i", 1, "c.json"), 7);
  EXPECT_TRUE(get_bool_or(object, "b", false, "c.json"));
  EXPECT_EQ(get_string_or(object, "s", "", "c.json"), "x");
  EXPECT_EQ(get_ints_or(object, "is", {}, "c.json"), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(get_doubles_or(object, "ds", {}, "c.json"), (std::vector<double>{1, 0.5}));

  expect_error(input, {"c.json", "\"absent\" is missing"}, [&] { get_int(object, "absent", "c.json"); });
  expect_error(input, {"c.json", "\"null\" is missing"}, [&] { get_int(object, "null", "c.json"); });
  for (const char* key : {"d", "b", "s", "is", "big"}) {
    expect_error(input, {"c.json", std::string("\"") + key + "\" is", "an integer"},
                 [&] { get_int_or(object, key, 0, "c.json"); });
  }
  expect_error(input, {"\"s\"", "a number"}, [&] { get_double_or(object, "s", 0, "c.json"); });
  expect_error(input, {"\"i\"", "true or false"}, [&] { get_bool_or(object, "i", false, "c.json"); });
  expect_error(input, {"\"i\"", "a string"}, [&] { get_string_or(object, "i", "", "c.json"); });
  expect_error(input, {"\"ds\"", "a list of integers"}, [&] { get_ints_or(object, "ds", {}, "c.json"); });
  expect_error(input, {"\"bigs\"", "a list of integers"}, [&] { get_ints_or(object, "bigs", {}, "c.json"); });
  expect_error(input, {"\"i\"", "a list of numbers"}, [&] { get_doubles_or(object, "i", {}, "c.json"); });
}

TEST(JsonAccess, NullAndAbsentGiveTheFallback) {
  const Json object = parse_json(R"({"null": null})", "c.json");
  for (const char* key : {"null", "absent"}) {
    EXPECT_FALSE(has(object, key));
    EXPECT_EQ(get_int_or(object, key, 3, "c"), 3);
    EXPECT_EQ(get_double_or(object, key, 0.5, "c"), 0.5);
    EXPECT_TRUE(get_bool_or(object, key, true, "c"));
    EXPECT_EQ(get_string_or(object, key, "f", "c"), "f");
    EXPECT_EQ(get_ints_or(object, key, {1}, "c").size(), 1u);
    EXPECT_EQ(get_doubles_or(object, key, {1}, "c").size(), 1u);
  }
  EXPECT_FALSE(has(parse_json("[1]", "c"), "a"));
}

}  // namespace
}  // namespace halftone
