#include "halftone/calib/python_literal.h"

#include <cmath>
#include <set>

#include "tests/expect_error.h"
#include "tests/scoring_fixture.h"

namespace halftone {
namespace {

using testing::ElementsAre;

// What ast.literal_eval reads and this reader refuses: it joins strings, knows sets of other literals, or
// writes numbers in other ways.
const std::set<std::string> kRefused = {"['a' 'b']", "[1_000]",   "[0x10]",
                                        "[b'a']",    "[+1, - 2]", "['\\N{BULLET}']"};

TEST(PythonLiteral, ListsAreReadAsPythonReadsThem) {
  for (const auto& c : scoring_fixture("literals")) {
    const std::string text = text_of(c, "text");
    if (c["value"].is_null() || kRefused.contains(text)) {
      expect_error(ErrorKind::input, {"not a Python list"}, [&] { parse_python_list(text); });
    } else {
      EXPECT_EQ(parse_python_list(text), c["value"]) << text;
    }
  }
}

TEST(PythonLiteral, JsonStringsAreReadToo) {
  EXPECT_EQ(parse_python_list(R"(["\ud83d\ude00", "a\/b"])"), Json({"😀", "a\\/b"}));
}

TEST(PythonLiteral, TheRefusalNamesThePlace) {
  expect_error(ErrorKind::input, {"a value", "character 7", "b]"}, [] { parse_python_list("['a', b]"); });
  expect_error(ErrorKind::input, {"closing quote"}, [] { parse_python_list("['a"); });
  expect_error(ErrorKind::input, {"deeper"}, [] { parse_python_list(std::string(100, '[')); });
}

TEST(PythonLiteral, AnswersAreAListOrTheCell) {
  EXPECT_THAT(parse_answers("['a', 3, \"it's\"]"), ElementsAre("a", "3", "it's"));
  EXPECT_THAT(parse_answers("blue"), ElementsAre("blue"));
  EXPECT_THAT(parse_answers(""), ElementsAre(""));
  EXPECT_THAT(parse_answers("3 [units]"), ElementsAre("3 [units]"));
  expect_error(ErrorKind::input, {"not a Python list"}, [] { parse_answers("[blue]"); });
  expect_error(ErrorKind::input, {"lists inside"}, [] { parse_answers("[['a']]"); });
}

// repr() of floats, from Python's documentation and by hand.
TEST(PythonLiteral, NumbersAreWrittenAsStrDoes) {
  EXPECT_EQ(python_text(3.0), "3.0");
  EXPECT_EQ(python_text(-0.1), "-0.1");
  EXPECT_EQ(python_text(1e15), "1000000000000000.0");
  EXPECT_EQ(python_text(1e16), "1e+16");
  EXPECT_EQ(python_text(1.5e300), "1.5e+300");
  EXPECT_EQ(python_text(0.0001), "0.0001");
  EXPECT_EQ(python_text(0.00001), "1e-05");
  EXPECT_EQ(python_text(123456.789), "123456.789");
  EXPECT_EQ(python_text(-0.0), "-0.0");
  EXPECT_EQ(python_text(-INFINITY), "-inf");
  EXPECT_EQ(python_text(std::nan("")), "nan");
}

TEST(PythonLiteral, ListsAreWrittenSoThatTheyReadBack) {
  const Json list = {"a\"b'c\\", "line\nbreak", "é", "3"};
  EXPECT_EQ(parse_python_list(python_text(list)), list);
  EXPECT_EQ(python_text(Json({1, true, nullptr, 2.5})), "[1, True, None, 2.5]");
}

}  // namespace
}  // namespace halftone
