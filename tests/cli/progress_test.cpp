#include "halftone/cli/progress.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

using testing::HasSubstr;

Record progress(int done, int total) {
  return {"progress", {{"block", "language.3"}, {"done", done}, {"total", total}}};
}

// What the view writes to stderr, which is no terminal here.
std::string shown(bool quiet, const std::vector<Record>& records) {
  testing::internal::CaptureStderr();
  {
    ProgressView view(quiet);
    for (const auto& record : records) view.show(record);
  }
  return testing::internal::GetCapturedStderr();
}

TEST(ProgressView, WritesPlainLinesToAPipe) {
  const std::string text = shown(false, {progress(1, 2), progress(2, 2)});
  EXPECT_THAT(text, HasSubstr("2 of 2 blocks, 0.0 s left  language.3\n"));
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(ProgressView, DoesNotFloodAPipe) {
  std::vector<Record> records;
  for (int i = 1; i < 500; ++i) records.push_back(progress(i, 500));
  const std::string text = shown(false, records);
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 3);
}

TEST(ProgressView, QuietStillWarns) {
  const std::string text = shown(true, {progress(2, 2), {"warning", {{"text", "skipped a\x1b record"}}}});
  EXPECT_EQ(text, "warning: skipped a\\x1b record\n");
}

TEST(ProgressView, AStderrThatTakesNothingIsNoError) {
  const auto talk = [] {
    if (!std::freopen("/dev/full", "w", stderr)) std::_Exit(1);
    ProgressView view(false);
    view.show(progress(2, 2));
    view.show({"warning", {{"text", "skipped"}}});
    std::_Exit(0);
  };
  EXPECT_EXIT(talk(), testing::ExitedWithCode(0), "");
}

TEST(ProgressView, OtherRecordsAreNotItsAffair) {
  EXPECT_EQ(shown(false, {{"site", {{"site", "language.0.q"}}}, {"block", Json::object()}}), "");
}

}  // namespace
}  // namespace halftone
