#include "halftone/base/params.h"

#include "tests/expect_error.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

enum class Order { none, weight };

struct Options {
  bool exact = false;
  std::int64_t group = 128;
  double damp = 0.01;
  std::string name = "a";
  std::vector<std::string> words;
  std::map<std::string, double> weights;
  Order order = Order::none;

  template <class V>
  void visit(V& v) {
    v.field("exact", exact, "exactly");
    v.field("group", group, {-1, 1024}, "columns of one group");
    v.field("damp", damp, {0.0, 1.0}, "share of the mean diagonal");
    v.field("name", name, "a name");
    v.field("words", words, "some words");
    v.field("weights", weights, {0.0, 10.0}, "numbers by name");
    v.choice("order", order, {{"none", Order::none}, {"weight", Order::weight}}, "column order");
  }
};

struct Open {
  std::int64_t a = 1, b = 2, c = 3;
  template <class V>
  void visit(V& v) {
    v.field("a", a, Range<std::int64_t>{}, "");
    v.field("b", b, Range<std::int64_t>{.low = 1}, "");
    v.field("c", c, Range<std::int64_t>{.high = 9}, "");
  }
};

Place at_line(int line) { return {"r.yaml", line, 3}; }

Value word(const std::string& text, bool quoted = false) {
  Value value = Value::scalar(text, at_line(9));
  value.quoted = quoted;
  return value;
}

Value list_of(std::vector<Value> items) {
  Value value;
  value.kind = Value::Kind::list;
  value.items = std::move(items);
  value.place = at_line(9);
  return value;
}

Value map_of(std::vector<std::pair<std::string, Value>> fields) {
  Value value;
  value.kind = Value::Kind::map;
  value.fields = std::move(fields);
  for (size_t i = 0; i < value.fields.size(); ++i)
    value.field_places.push_back(at_line(static_cast<int>(i) + 1));
  value.place = at_line(9);
  return value;
}

// The faults of reading one field.
std::vector<std::string> faults_of(const std::string& key, Value value) {
  Faults faults;
  read_params<Options>(map_of({{key, std::move(value)}}), "methods.gptq", faults);
  return faults.lines();
}

TEST(ParamReader, ReadsEveryKindOfField) {
  Faults faults;
  const auto options =
      read_params<Options>(map_of({{"exact", word("true")},
                                   {"group", word("-1")},
                                   {"damp", word("1e-1")},
                                   {"name", word("5")},
                                   {"words", list_of({word("x"), word("y")})},
                                   {"weights", map_of({{"image", word("2")}, {"text", word("0.5")}})},
                                   {"order", word("weight")}}),
                           "methods.gptq", faults);
  EXPECT_TRUE(faults.empty());
  EXPECT_TRUE(options.exact);
  EXPECT_EQ(options.group, -1);
  EXPECT_EQ(options.damp, 0.1);
  EXPECT_EQ(options.name, "5");
  EXPECT_THAT(options.words, ElementsAre("x", "y"));
  EXPECT_THAT(options.weights, ElementsAre(std::pair("image", 2.0), std::pair("text", 0.5)));
  EXPECT_EQ(options.order, Order::weight);
}

TEST(ParamReader, AbsentFieldsKeepTheirDefaults) {
  Faults faults;
  const auto options = read_params<Options>(Value{}, "methods.gptq", faults);
  EXPECT_TRUE(faults.empty());
  EXPECT_EQ(options.group, 128);
  EXPECT_EQ(options.order, Order::none);
}

TEST(ParamReader, OneWordIsAListOfOne) {
  Faults faults;
  EXPECT_THAT(read_params<Options>(map_of({{"words", word("x")}}), "m", faults).words, ElementsAre("x"));
}

TEST(ParamReader, WrongValuesAreFaultsWithPlaceFieldAndExpectation) {
  struct Case {
    const char* key;
    Value value;
    const char* piece;
  };
  const Case table[] = {
      {"exact", word("yes"), "is \"yes\", expected true or false"},
      {"exact", word("true", true), "is the text \"true\", expected true or false"},
      {"exact", list_of({}), "is a list, expected true or false"},
      {"group", word("12.0"), "expected an integer in -1 to 1024"},
      {"group", word("1_000"), "expected an integer"},
      {"group", word("0x10"), "expected an integer"},
      {"group", word(" 1"), "expected an integer"},
      {"group", word(""), "expected an integer"},
      {"group", word("-2"), "expected an integer in -1 to 1024"},
      {"group", word("1025"), "expected an integer in -1 to 1024"},
      {"group", word("99999999999999999999"), "expected an integer"},
      {"group", word("128", true), "is the text \"128\", expected an integer"},
      {"group", Value{}, "is nothing, expected an integer"},
      {"damp", word("nan"), "expected a number in 0 to 1"},
      {"damp", word("inf"), "expected a number"},
      {"damp", word("1e400"), "expected a number"},
      {"damp", word("1.01"), "expected a number in 0 to 1"},
      {"damp", word("0.1", true), "expected a number"},
      {"damp", word("0,1"), "expected a number"},
      {"name", list_of({word("a")}), "is a list, expected a word"},
      {"words", map_of({}), "is keys and values, expected a list of words"},
      {"words", list_of({list_of({})}), "expected a list of words"},
      {"weights", word("1"), "expected names with numbers"},
      {"weights", map_of({{"image", word("11")}}), "weights.image is \"11\", expected a number in 0 to 10"},
      {"order", word("wait"), "is \"wait\", expected one of none, weight"},
      {"order", list_of({}), "expected one of none, weight"},
  };
  for (const auto& [key, value, piece] : table) {
    EXPECT_THAT(faults_of(key, value),
                ElementsAre(testing::AllOf(HasSubstr(std::string("methods.gptq.") + key), HasSubstr(piece))));
  }
  EXPECT_THAT(faults_of("exact", word("yes")).front(), testing::StartsWith("r.yaml:9:3: "));
}

TEST(ParamReader, UnknownKeysNameTheNearestOne) {
  EXPECT_THAT(faults_of("grup", word("1")),
              ElementsAre("r.yaml:1:3: unknown key \"grup\" in methods.gptq; did you mean \"group\"?"));
  EXPECT_THAT(faults_of("zzzzzzzz", word("1")), ElementsAre(HasSubstr("known: exact, group, damp")));
}

TEST(ParamReader, CollectsAllFaultsAtOnce) {
  Faults faults;
  read_params<Options>(map_of({{"exact", word("no")}, {"group", word("x")}, {"other", word("1")}}), "m",
                       faults);
  EXPECT_EQ(faults.size(), 3u);
  expect_error(ErrorKind::usage, {"3 faults", "m.exact", "m.group", "other"}, [&] { faults.raise(); });
}

TEST(ParamReader, SomethingElseThanAMapIsAFault) {
  Faults faults;
  read_params<Options>(word("x"), "methods.gptq", faults);
  EXPECT_THAT(faults.lines(), ElementsAre(HasSubstr("methods.gptq: expected keys and values")));
}

TEST(ParamReader, RawHandsOutTheValueAndClaimsTheKey) {
  const Value map = map_of({{"ramp", word("1")}});
  Faults faults;
  ParamReader reader(map, "m", faults);
  EXPECT_EQ(reader.raw("ramp", "")->text, "1");
  EXPECT_EQ(reader.raw("other", ""), nullptr);
  reader.finish();
  EXPECT_TRUE(faults.empty());
}

TEST(Faults, OneFaultIsOneSentenceAndNoneIsNothing) {
  Faults faults;
  EXPECT_NO_THROW(faults.raise());
  faults.add({}, "no place");
  EXPECT_EQ(error_of([&] { faults.raise(); }).message(), "no place");
  faults.add({"--set", 0, 0}, "odd");
  EXPECT_EQ(faults.lines().back(), "--set: odd");
}

TEST(Nearest, FindsSmallSlipsOnly) {
  const std::vector<std::string> words = {"group", "damp", "order"};
  EXPECT_EQ(nearest("grup", words), "group");
  EXPECT_EQ(nearest("group", words), "group");
  EXPECT_EQ(nearest("odrer", words), "order");
  EXPECT_EQ(nearest("Damp", words), "damp");
  EXPECT_EQ(nearest("perplexity", words), "");
  EXPECT_EQ(nearest("x", {}), "");
}

TEST(ParamWriter, DescribesWhatWasDeclared) {
  const auto infos = describe_params<Options>();
  ASSERT_EQ(infos.size(), 7u);
  EXPECT_EQ(infos[1].name, "group");
  EXPECT_EQ(infos[1].type, "integer");
  EXPECT_EQ(infos[1].fallback, "128");
  EXPECT_EQ(infos[1].range, "-1 to 1024");
  EXPECT_EQ(infos[1].help, "columns of one group");
  EXPECT_EQ(infos[6].range, "none | weight");
  EXPECT_EQ(infos[6].fallback, "none");
}

TEST(ParamWriter, WritesTheValuesInTheirOrder) {
  Options options;
  options.words = {"x", "y"};
  options.weights = {{"image", 2.0}};
  options.order = Order::weight;
  EXPECT_EQ(params_as_json(options).dump(),
            R"({"exact":false,"group":128,"damp":0.01,"name":"a","words":["x","y"],"weights":{"image":2.0},)"
            R"("order":"weight"})");
}

TEST(ParamWriter, OpenRangesNameOneEndOrNone) {
  const auto infos = describe_params<Open>();
  EXPECT_EQ(infos[0].range, "");
  EXPECT_EQ(infos[1].range, "from 1");
  EXPECT_EQ(infos[2].range, "up to 9");
}

TEST(Place, ReadsAsFileLineColumn) { EXPECT_EQ((Place{"r.yaml", 4, 44}.text()), "r.yaml:4:44"); }

}  // namespace
}  // namespace halftone
