#include "halftone/base/error.h"

#include <new>
#include <set>

#include <gtest/gtest.h>

namespace halftone {
namespace {

TEST(Error, KeepsTheContextFromTheInsideOut) {
  try {
    while_doing("quantizing block language.3", [] {
      while_doing("solving language.3.down", [] { fail(ErrorKind::numeric, "the Hessian is {}", "odd"); });
    });
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::numeric);
    EXPECT_EQ(error.render(),
              "the Hessian is odd\n  while solving language.3.down\n  while quantizing block language.3");
  }
}

TEST(Error, HintComesLast) { EXPECT_EQ(Error(ErrorKind::usage, "a").with_hint("b").render(), "a\n  hint: b"); }

TEST(Error, WhileDoingReturnsTheBodysValue) {
  EXPECT_EQ(while_doing("counting", [] { return 7; }), 7);
}

TEST(Error, ForeignExceptionsBecomeOurs) {
  const auto kind_of = [](auto thrower) {
    try {
      while_doing("x", thrower);
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::usage;
  };
  EXPECT_EQ(kind_of([] { throw std::bad_alloc(); }), ErrorKind::resource);
  EXPECT_EQ(kind_of([] { throw std::runtime_error("r"); }), ErrorKind::internal);
  EXPECT_EQ(kind_of([] { throw 3; }), ErrorKind::internal);
}

TEST(Error, ExitCodesAreThoseOfTheManual) {
  using enum ErrorKind;
  const std::vector<std::pair<ErrorKind, int>> table = {{usage, 2},     {input, 3},         {unsupported, 4},
                                                        {resource, 5},  {numeric, 6},       {conflict, 7},
                                                        {internal, 70}, {interrupted, 130}, {terminated, 143}};
  for (const auto& [kind, code] : table) EXPECT_EQ(exit_code(kind), code);
}

TEST(Printable, EscapesWhatWouldReachTheTerminal) {
  EXPECT_EQ(printable("plain é 你\n"), "plain é 你\n");
  EXPECT_EQ(printable("\x1b[31m"), "\\x1b[31m");
  EXPECT_EQ(printable("a\xff"), "a\\xff");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");
  EXPECT_EQ(printable("cut \xe4\xbd"), "cut \\xe4\\xbd");
}

TEST(Printable, EscapesWhatOnlyLooksLikeUtf8) {
  EXPECT_EQ(printable("\xe0\x82\x9b"), "\\xe0\\x82\\x9b");           // an overlong U+009B
  EXPECT_EQ(printable("\xf0\x80\x80\x9b"), "\\xf0\\x80\\x80\\x9b");  // and a longer one
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // past U+10FFFF
  EXPECT_EQ(printable("\xf4\x8f\xbf\xbf\xed\x9f\xbf\xe0\xa0\x80"), "\xf4\x8f\xbf\xbf\xed\x9f\xbf\xe0\xa0\x80");
}

TEST(Clipped, CutsBetweenCharacters) {
  EXPECT_EQ(clipped("short"), "short");
  EXPECT_EQ(clipped("abcdef", 6), "abcdef");
  EXPECT_EQ(clipped("abcdef", 5), "abcde...");
  EXPECT_EQ(clipped("ab\xe4\xbd\xa0", 4), "ab...");
  EXPECT_EQ(clipped("ab\xe4\xbd\xa0z", 5), "ab\xe4\xbd\xa0...");
  EXPECT_EQ(clipped(std::string(100, '\x80'), 10), "...");
  EXPECT_EQ(clipped("abc", 0), "...");
}

TEST(Assert, IsAnInternalError) {
  const bool broken = false;
  EXPECT_THROW(HALFTONE_ASSERT(broken), Error);
  EXPECT_NO_THROW(HALFTONE_ASSERT(!broken));
}

}  // namespace
}  // namespace halftone
