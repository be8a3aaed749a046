"""check_size.py measures functions as they are, and fails for what is too long."""

import unittest

from tree import TreeTest

import check_size

EXAMPLE = r'''
#include <string>  // a { in a comment
#define BODY() { \
  }
namespace halftone {
namespace {

constexpr int kTable[] = {1, 2,
                          3};
const std::map<std::string, std::function<int(int)>> kMore = {
    {"a", [](int x) { return x; }},
};
enum class Kind : int { one, two };

template <class T, class U = std::function<void(int)>>
T biggest(const std::vector<T>& values, std::vector<U> other = {},
          char brace = '{') {
  if (values.empty()) {
    return {};
  }
  const char* text = "}}} \" {";
  const char* raw = R"x({{{")" })x";
  auto inner = [&](int a) { return a + 1'000; };
  return values[0];
}

class Thing final : public Base<int(char)> {
 public:
  Thing(int a, int b) : a_{a}, b_(b), c_{a, b} {
    a_ = b;
  }
  Thing& operator=(const Thing&) = default;
  bool operator()(int x) const noexcept { return x == a_; }
  auto name() const -> std::string override {
    return "x";
  }
  int a_ = 0, b_{3};
  std::function<void(int)> call_{[](int) {}};

 private:
  struct Inner { int x; };
};

[[noreturn]] void fail() {
}

}  // namespace
TEST(Thing, Works) {
  fail();
}
}  // namespace halftone
'''


def body(lines):
    return "void f() {\n" + "  g();\n" * (lines - 2) + "}\n"


class SizeTest(TreeTest):
    def faults(self, text, name="src/halftone/io/file.cpp"):
        self.write(name, text)
        return check_size.check(self.root)[0]

    def test_functions_are_found_with_their_lengths(self):
        found = [(f.name, f.length) for f in check_size.functions(EXAMPLE)]
        self.assertEqual(found, [("biggest", 11), ("Thing", 3), ("operator_", 1), ("name", 3), ("fail", 2), ("TEST", 3)])

    def test_first_lines_are_those_of_the_declaration(self):
        lines = EXAMPLE.split("\n")
        for function in check_size.functions(EXAMPLE):
            head = " ".join(lines[function.line - 1:function.line + 2])
            self.assertIn(function.name.replace("operator_", "operator()"), head)

    def test_limits_themselves_pass(self):
        self.assertEqual(self.faults(body(60)), [])
        self.assertEqual(self.faults("\n" * 600), [])

    def test_a_long_function(self):
        self.assert_one(self.faults("\n" + body(61)), "src/halftone/io/file.cpp:2:", "f takes 61 lines")
        self.assert_one(self.faults("struct S {\n" + body(61) + "};\n"), "f takes 61 lines")

    def test_a_long_test(self):
        self.write("src/halftone/io/file.cpp", "")
        self.assert_one(self.faults(body(61).replace("void f()", "TEST(A, B)"), "tests/io/file_test.cpp"), "TEST takes 61")

    def test_a_long_file(self):
        self.assert_one(self.faults("\n" * 601), "601 lines, the limit is 600")

    def test_a_reason_excuses(self):
        self.assertEqual(self.faults("// size: one table of the format\n" + body(61) + "\n" * 600), [])
        self.assertEqual(len(self.faults("// size:\n" + body(61))), 1)

    def test_the_summary_warns_above_the_budgets(self):
        self.faults(body(29))
        self.assertNotIn("warning", " ".join(check_size.check(self.root)[1]))
        self.faults(body(31))
        self.assertIn("warning", " ".join(check_size.check(self.root)[1]))


if __name__ == "__main__":
    unittest.main()
