// One quantized output, shared by the tests of the verbs that read one.
#pragma once

#include "tests/api/places.h"
#include <gtest/gtest.h>

#include "halftone/api/api.h"

namespace halftone::test {

class WithOutput : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    place_ = new TempDirectory;
    api::quantize({kModel, {"rtn-w4g64", {}}, {}, "cpu", out(), false}, {});
  }
  static void TearDownTestSuite() { delete place_; }
  static std::string out() { return *place_ / "out"; }
  static inline TempDirectory* place_ = nullptr;
};

}  // namespace halftone::test
