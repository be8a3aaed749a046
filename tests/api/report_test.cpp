#include <filesystem>

#include "tests/api/verbs_fixture.h"
#include "tests/expect_error.h"
#include <gmock/gmock.h>

#include "halftone/api/report_files.h"
#include "halftone/io/file.h"

namespace halftone::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Report : public WithOutput {};

TEST_F(Report, IsWrittenByEveryRunAndAgainOnDemand) {
  const std::string written = read_file(posix_files(), join_path(out(), "report.html"));
  EXPECT_THAT(written, HasSubstr("<h1>mini-qwen2vl</h1>"));
  EXPECT_THAT(written, HasSubstr("rtn-w4g64 · w4 g64 on 42 linears"));
  EXPECT_THAT(written, HasSubstr("was not measured"));
  const Json result = api::report({out(), *place_ / "page.html", {}});
  EXPECT_EQ(result["file"], *place_ / "page.html");
  EXPECT_EQ(result["bytes"], written.size());
  EXPECT_EQ(read_file(posix_files(), *place_ / "page.html"), written);
  EXPECT_FALSE(std::filesystem::exists(*place_ / "page.html.partial"));
}

TEST(ReportText, TakesEvaluationsAloneAndAsLists) {
  const auto files = memory_files();
  write_file(*files, "/out/run.jsonl", "{\"kind\":\"run\",\"model\":\"m\"}\n\n");
  const std::string entry = R"({"task": "TASK", "scores": [{"name": "n", "value": 1}]})";
  files->make_directory("/results");
  EXPECT_THAT(api::report_text(*files, "/out", "/results"), Not(HasSubstr("Task scores")));
  write_file(*files, "/results/a.json", entry);
  write_file(*files, "/results/b.json", "{\"evaluations\": [" + entry + "]}");
  write_file(*files, "/results/c.jsonl", "no result");
  const std::string page = api::report_text(*files, "/out", "/results");
  EXPECT_NE(page.find("TASK"), page.rfind("TASK"));
}

TEST(ReportText, NamesWhatIsMissingOrBroken) {
  const auto files = memory_files();
  files->make_directory("/out");
  expect_error(ErrorKind::input, {"/out", "run.jsonl"}, [&] { api::report_text(*files, "/out", {}); });
  write_file(*files, "/out/run.jsonl", "{\"kind\":\"run\"}\n");
  EXPECT_THAT(api::report_text(*files, "/out", {}), HasSubstr("</html>"));
  write_file(*files, "/out/quality.json", "{broken");
  expect_error(ErrorKind::input, {"/out/quality.json"}, [&] { api::report_text(*files, "/out", {}); });
}

TEST(ReportResults, MustBeAFolder) {
  const TempDirectory place;
  expect_error(ErrorKind::usage, {"--eval"}, [&] { api::report({place.path(), {}, place / "none"}); });
}

}  // namespace
}  // namespace halftone::test
