#include "tests/expect_error.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "halftone/api/api.h"
#include "halftone/api/lists.h"

namespace halftone::test {
namespace {

std::vector<std::string> names(const std::string& topic) {
  std::vector<std::string> list;
  const Json found = api::describe(topic);
  for (const auto& entry : found["list"]) {
    EXPECT_FALSE(entry["summary"].get<std::string>().empty()) << entry;
    list.push_back(entry["name"].get<std::string>());
  }
  return list;
}

TEST(Describe, ListsAndEntriesAgree) {
  for (const auto& topic : names("")) {
    if (topic == "recipe") continue;
    for (const auto& name : names(topic)) EXPECT_NO_THROW(api::describe(name)) << name;
  }
  EXPECT_EQ(names("methods").size(), all_methods().size());
  EXPECT_EQ(names("formats").size(), all_formats().size());
}

TEST(Describe, EveryParameterIsExplained) {
  for (const auto& plugin : all_methods()) {
    const Json found = api::describe(plugin.name);
    EXPECT_FALSE(found["params"].empty());
    for (const auto& param : found["params"]) {
      for (const char* key : {"name", "type", "default", "help"})
        EXPECT_FALSE(param[key].get<std::string>().empty()) << plugin.name << " " << param;
    }
  }
}

TEST(Describe, PresetsAreWhatTheirNamesSay) {
  const auto presets = names("presets");
  for (const char* method : {"rtn", "gptq"}) {
    for (const char* bits : {"3", "4"}) {
      for (const char* group : {"64", "128"}) {
        for (const char* sign : {"", "-asym"}) {
          const std::string name = fmt::format("{}-w{}g{}{}", method, bits, group, sign);
          ASSERT_THAT(presets, testing::Contains(name));
          const std::string text = api::describe(name)["text"].get<std::string>();
          EXPECT_THAT(text, testing::HasSubstr(fmt::format("bits: {}", bits)));
          EXPECT_THAT(text, testing::HasSubstr(fmt::format("group: {}", group)));
          EXPECT_THAT(text, testing::HasSubstr(fmt::format("- {}:", method)));
          EXPECT_THAT(text, testing::HasSubstr(*sign ? "symmetric: false" : "symmetric: true"));
        }
      }
    }
  }
  EXPECT_THAT(presets, testing::IsSupersetOf({"gptq-w8a16", "gptq-w8a8", "fp8-dynamic"}));
}

TEST(Describe, AnUnknownNameGetsTheNearest) {
  expect_error(ErrorKind::usage, {"\"gptk\"", "did you mean \"gptq\"?"}, [] { api::describe("gptk"); });
  expect_error(ErrorKind::usage, {"halftone describe lists"}, [] { api::describe("entirely-different"); });
}

}  // namespace
}  // namespace halftone::test
