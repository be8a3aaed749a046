// For tests of refusals: the error that a piece of code throws, or a test failure.
#pragma once

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "halftone/base/error.h"

namespace halftone {

// What body throws. A body that throws nothing, or something else than Error, fails the test.
template <class Body>
Error error_of(Body&& body) {
  try {
    body();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& error) {
    ADD_FAILURE() << "not an Error: " << error.what();
  }
  return Error(ErrorKind::internal, "no error");
}

// body throws an Error of this kind whose sentence holds every piece.
template <class Body>
void expect_error(ErrorKind kind, const std::vector<std::string>& pieces, Body&& body) {
  const Error error = error_of(body);
  EXPECT_EQ(exit_code(error.kind()), exit_code(kind)) << error.render();
  for (const auto& piece : pieces) EXPECT_THAT(error.message(), testing::HasSubstr(piece));
}

}  // namespace halftone
