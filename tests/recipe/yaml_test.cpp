#include "halftone/recipe/yaml.h"

#include "tests/expect_error.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

Value parse(const std::string& text) { return parse_yaml(text, "r.yaml"); }

void expect_refused(const std::string& text, const std::vector<std::string>& pieces) {
  SCOPED_TRACE(text.substr(0, 80));
  expect_error(ErrorKind::usage, pieces, [&] { parse(text); });
}

// The value at a path of words, or a failure.
const Value& at(const Value& root, std::initializer_list<const char*> path) {
  const Value* value = &root;
  for (const char* word : path) {
    const Value* next = value->find(word);
    if (!next) throw std::runtime_error(std::string("no key ") + word);
    value = next;
  }
  return *value;
}

// A tree as JSON with every scalar as text: what two trees must share to be the same recipe.
Json as_text(const Value& value) {
  switch (value.kind) {
    case Value::Kind::null: return nullptr;
    case Value::Kind::scalar: return value.text;
    case Value::Kind::list: {
      Json list = Json::array();
      for (const auto& item : value.items) list.push_back(as_text(item));
      return list;
    }
    case Value::Kind::map: {
      Json map = Json::object();
      for (const auto& [key, item] : value.fields) map[key] = as_text(item);
      return map;
    }
  }
  return {};
}

TEST(ParseYaml, EveryKeyAndValueHasItsPlace) {
  const Value root = parse("version: 1\nschemes:\n  w4: {weight: {bits: 4}}\n");
  EXPECT_EQ(root.field_places[1].text(), "r.yaml:2:1");
  EXPECT_EQ(at(root, {"schemes"}).field_places[0].text(), "r.yaml:3:3");
  EXPECT_EQ(at(root, {"schemes", "w4", "weight"}).field_places[0].text(), "r.yaml:3:17");
  EXPECT_EQ(at(root, {"schemes", "w4", "weight", "bits"}).place.text(), "r.yaml:3:23");
}

TEST(ParseYaml, QuotesMakeAStringAndNullsAreNothing) {
  const Value root = parse("a: \"4\"\nb: 4\nc: ~\nd: null\ne:\nf: \"null\"\n");
  EXPECT_TRUE(at(root, {"a"}).quoted);
  EXPECT_FALSE(at(root, {"b"}).quoted);
  for (const char* key : {"c", "d", "e"}) EXPECT_EQ(at(root, {key}).kind, Value::Kind::null) << key;
  EXPECT_EQ(at(root, {"f"}).text, "null");
}

TEST(ParseYaml, AnEmptyTextIsNothing) {
  for (const char* text : {"", "\n", "# only a comment\n", "---\n"})
    EXPECT_EQ(parse(text).kind, Value::Kind::null) << text;
}

TEST(ParseYaml, RefusesWhatIsNoRecipeWithItsPlace) {
  expect_refused("a: 1\nb: [1, 2\nc: 3\n", {"r.yaml:"});
  expect_refused("a: 1\n  b: 2\n", {"r.yaml:2:"});
  expect_refused("a: 1\nb: 2\na: 3\n", {"r.yaml:3:1", "\"a\" stands twice"});
  expect_refused("a: &x 1\n", {"r.yaml:1:", "anchors"});
  expect_refused("&x a: 1\n", {"r.yaml:1:", "anchors"});
  expect_refused("a: *x\n", {"r.yaml:1:"});
  expect_refused("a: !!binary aGk=\n", {"r.yaml:1:", "tags"});
  expect_refused("a: !mine {b: 1}\n", {"r.yaml:1:", "tags"});
  expect_refused("? [a, b]\n: 1\n", {"a key must be a word"});
  expect_refused("a: 1\n---\nb: 2\n", {"r.yaml", "more than one document"});
  expect_refused("{" + std::string(1 << 20, ' ') + "}", {"r.yaml", "at most 1048576"});
}

TEST(ParseYaml, AKeyOfNothingIsNoKey) {
  expect_refused("null: 1\nbits: 3\n", {"r.yaml:1:", "a key must be a word"});
  expect_refused("~: 1\n", {"a key must be a word"});
  expect_refused("a:\n  : 1\n", {"r.yaml:2:", "a key must be a word"});
}

TEST(ParseYaml, NestingStopsAtSixtyFour) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_NO_THROW(parse(nested(64)));
  expect_refused(nested(65), {"r.yaml:1:65", "deeper than 64"});
  expect_refused(std::string(100000, '['), {"r.yaml:1:"});
}

TEST(WriteYaml, ReadsBackAsItWas) {
  const Json value = {{"plain", "a word"},     {"colon", "a: b"},       {"hash", " # no comment"},
                      {"quote", "\"it's\""},   {"empty", ""},           {"word null", "null"},
                      {"tilde", "~"},          {"star", "language.*"},  {"dash", "- x"},
                      {"brace", "{a: 1}"},     {"lines", "a\nb\n"},     {"tab", "a\tb"},
                      {"umlaut", "ü→"},        {"back", "re:a\\.b$"},   {"at", "@x"},
                      {"percent", "%x"},       {"bang", "!x"},          {"amper", "&x"},
                      {"key: odd", "x"},       {"nothing", nullptr},    {"list", {"a", ""}},
                      {"none", Json::array()}, {"map", Json::object()}, {"deep", {{{"x", "y"}}}}};
  EXPECT_EQ(as_text(parse(write_yaml(value))), value) << write_yaml(value);
}

TEST(WriteYaml, NumbersAndTruthsKeepTheirDigits) {
  const std::string text =
      write_yaml({{"a", 0.1}, {"b", -3}, {"c", true}, {"d", 9007199254740993}, {"e", 1e-9}});
  EXPECT_EQ(text, "a: 0.1\nb: -3\nc: true\nd: 9007199254740993\ne: 1e-09\n");
}

TEST(SetValue, OverwritesAndMakesMapsOnTheWay) {
  Value root = parse("a: {b: 1}\n");
  set_value(root, "a.b=2");
  set_value(root, "a.c.d=[1, x]");
  set_value(root, "e=");
  set_value(root, "f=k=v");
  EXPECT_EQ(as_text(root).dump(), R"({"a":{"b":"2","c":{"d":["1","x"]}},"e":null,"f":"k=v"})");
  EXPECT_EQ(at(root, {"a", "b"}).place.text(), "--set a.b=2");
}

TEST(SetValue, FindsListItemsByTheirName) {
  Value root = parse("methods:\n  - rotate: {kind: hadamard}\n  - gptq\n");
  set_value(root, "methods.gptq.damp=0.05");
  set_value(root, "methods.rotate.kind=random");
  EXPECT_EQ(as_text(root).dump(), R"({"methods":[{"rotate":{"kind":"random"}},{"gptq":{"damp":"0.05"}}]})");
}

TEST(SetValue, RefusesWhatHasNoPlace) {
  const auto refused = [](const std::string& assignment, const std::vector<std::string>& pieces) {
    Value root = parse("a: 1\nlist: [x]\n");
    expect_error(ErrorKind::usage, pieces, [&] { set_value(root, assignment); });
  };
  refused("a", {"--set a", "key=value"});
  refused("=1", {"key=value"});
  refused("a.b=1", {"\"b\" cannot stand under a plain value"});
  refused("list.y=1", {"\"y\" is not in the list at r.yaml:2:7"});
  refused("a=[1", {"--set a=[1"});
  refused("a=*x", {"--set a=*x"});
  refused("a..b=1", {"--set a..b=1"});
  refused(".a=1", {"--set .a=1"});
}

}  // namespace
}  // namespace halftone
