#include <regex>

#include <gtest/gtest.h>

#include "halftone/api/api.h"

namespace halftone::test {
namespace {

TEST(Version, IsThreeNumbersAndSaysWhatItWasBuiltWith) {
  EXPECT_TRUE(std::regex_match(api::version(), std::regex(R"(\d+\.\d+\.\d+)"))) << api::version();
  const Json info = api::build_info();
  EXPECT_EQ(info["version"], api::version());
  EXPECT_TRUE(std::regex_search(info["torch"].get<std::string>(), std::regex(R"(^\d+\.\d+)"))) << info;
  EXPECT_FALSE(info["decoders"].get<std::string>().empty());
}

}  // namespace
}  // namespace halftone::test
