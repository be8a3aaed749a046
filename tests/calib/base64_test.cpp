#include "halftone/calib/base64.h"

#include "tests/expect_error.h"

namespace halftone {
namespace {

std::string decoded(std::string_view text) {
  const auto bytes = decode_base64(text);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The vectors of RFC 4648.
TEST(Base64, DecodesEveryLengthOfPadding) {
  EXPECT_EQ(decoded(""), "");
  EXPECT_EQ(decoded("Zg=="), "f");
  EXPECT_EQ(decoded("Zm8="), "fo");
  EXPECT_EQ(decoded("Zm9v"), "foo");
  EXPECT_EQ(decoded("Zm9vYmFy"), "foobar");
  EXPECT_EQ(decoded("/+8A"), std::string("\xFF\xEF\0", 3));
  EXPECT_EQ(decoded("Zm9v\r\nYm Fy"), "foobar");
}

TEST(Base64, WhatIsNoneIsRefusedWithItsPlace) {
  expect_error(ErrorKind::input, {"character 3", "-"}, [] { decode_base64("Zm-v"); });
  expect_error(ErrorKind::input, {"character 5"}, [] { decode_base64("Zg==Zg=="); });
  for (const char* text : {"Zg=", "Z", "Zm9vZ", "Zm9v=", "Zg"}) {
    expect_error(ErrorKind::input, {"ends after"}, [&] { decode_base64(text); });
  }
}

}  // namespace
}  // namespace halftone
