#include "tests/api/places.h"
#include "tests/expect_error.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "halftone/api/api.h"

namespace halftone::test {
namespace {

TEST(Inspect, CountsBlocksSitesAndBytes) {
  const Json r = api::inspect(kModel);
  std::size_t sites = 0;
  std::int64_t bytes = 0;
  for (const auto& block : r["blocks"]) {
    sites += block["sites"].size();
    bytes += block["bytes"].get<std::int64_t>();
  }
  EXPECT_EQ(r["site_count"], sites);
  // The head's matrix is the embedding's, and counted in both blocks.
  EXPECT_EQ(bytes, r["bytes"].get<std::int64_t>() + 1024 * 256 * 2);
  EXPECT_EQ(r["blocks"][0]["block"], "patch_embed");
  EXPECT_EQ(r["blocks"][13]["block"], "head");
  EXPECT_EQ(r["max_positions"], 32768);
}

TEST(Inspect, SpacesSayWhatTheyAdmit) {
  const Json r = api::inspect(kModel);
  std::map<std::string, std::string> admits;
  for (const auto& space : r["spaces"])
    admits[space["space"].get<std::string>()] = space["admits"].get<std::string>();
  EXPECT_THAT(admits.at("language.0.mlp_mid"), testing::HasSubstr("diagonal"));
  EXPECT_THAT(admits.at("language.hidden"), testing::HasSubstr("orthogonal"));
  EXPECT_EQ(admits.at("language.0.gate"), "none");
}

TEST(Inspect, ADirectoryThatIsNoneIsRefused) {
  expect_error(ErrorKind::input, {"/nowhere"}, [] { api::inspect("/nowhere"); });
}

}  // namespace
}  // namespace halftone::test
