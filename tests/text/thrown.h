// The error that a call throws, for tests of its sentence.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "halftone/base/error.h"

namespace halftone {

template <class Call>
Error thrown_by(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorKind::internal, "nothing was thrown");
}

// Expects an error of a kind whose sentence holds `part`.
template <class Call>
void expect_error(ErrorKind kind, const std::string& part, Call&& call) {
  const Error error = thrown_by(call);
  EXPECT_EQ(error.kind(), kind) << error.message();
  EXPECT_THAT(error.message(), ::testing::HasSubstr(part));
}

}  // namespace halftone
