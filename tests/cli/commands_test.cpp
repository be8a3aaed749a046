#include "halftone/cli/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

using testing::HasSubstr;

struct Shown {
  int code;
  std::string out, err;
};

Shown run(std::vector<std::string> words) {
  words.insert(words.begin(), "halftone");
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = run_command(static_cast<int>(argv.size()), argv.data());
  return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

TEST(RunCommand, HelpNamesEveryCommand) {
  const Shown help = run({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* name : {"inspect", "plan", "quantize", "verify", "compare", "dump", "describe"})
    EXPECT_THAT(help.out, HasSubstr(name));
  EXPECT_EQ(help.err, "");
}

TEST(RunCommand, ResultsAreTextOrJson) {
  const Shown text = run({"describe", "formats"}), json = run({"describe", "formats", "--json"});
  EXPECT_EQ(text.code, 0);
  EXPECT_THAT(text.out, testing::StartsWith("name "));
  EXPECT_THAT(json.out, testing::StartsWith("{\n  \"list\": ["));
  EXPECT_EQ(text.err + json.err, "");
}

TEST(RunCommand, WrongArgumentsAreTwoAndPointToTheHelp) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {}, {"nothing"}, {"inspect"}, {"inspect", "a", "--what"}, {"compare", "a", "b", "--samples", "0"}}) {
    const Shown shown = run(words);
    EXPECT_EQ(shown.code, 2);
    EXPECT_EQ(shown.out, "");
    EXPECT_THAT(shown.err, testing::StartsWith("error: "));
    EXPECT_THAT(shown.err, HasSubstr("--help"));
  }
}

TEST(RunCommand, ErrorsOfVerbsKeepTheirCodeAndHint) {
  const Shown missing = run({"inspect", "/nowhere/at/all"});
  EXPECT_EQ(missing.code, 3);
  EXPECT_THAT(missing.err, testing::StartsWith("error: /nowhere/at/all: "));
  const Shown unknown = run({"describe", "nonsense-topic"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("nonsense-topic"));
}

TEST(RunCommand, NamesCannotWriteToTheTerminal) {
  const Shown shown = run({"--\x1b[31m"});
  EXPECT_EQ(shown.code, 2);
  EXPECT_THAT(shown.err, testing::Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace halftone
