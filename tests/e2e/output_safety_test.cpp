// The output directory under conflict, full disks and signals: complete, or as it was before.
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "tests/e2e/program.h"
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace halftone::e2e {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> rtn(const std::string& out) {
  return {"quantize", kModel, "-r", "rtn-w4g64", "-o", out};
}

std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// A run long enough to be interrupted.
std::vector<std::string> long_run(const std::string& data, const std::string& out) {
  return {"quantize", kModel,    "-r", "gptq-w4g64", "--data", data,
          "--images", kPictures, "-o", out,          "--set",  "micro_batch=64"};
}

// Waits until the run has written its first lines; false when it has not after half a minute.
bool started(const std::string& out) {
  for (int i = 0; i < 6000; ++i) {
    std::error_code missing;
    const auto size = fs::file_size(out + ".partial/run.jsonl", missing);
    if (!missing && size > 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

TEST(OutputSafety, AnOutputThatExistsIsLeftAlone) {
  TempDirectory place;
  fs::create_directory(place / "out");
  write_text(place / "out/precious", "mine");
  write_text(place / "file", "mine");
  expect_refusal(halftone(rtn(place / "out")), 7, {place / "out", "exists", "--overwrite"});
  expect_refusal(halftone(rtn(place / "out/")), 7, {place / "out", "exists", "--overwrite"});
  expect_refusal(halftone(with(rtn(place / "file"), {"--overwrite"})), 7, {place / "file", "no directory"});
  EXPECT_THAT(names_in(place.path()), ElementsAre("file", "out", "out/precious"));
}

TEST(OutputSafety, OverwriteReplacesTheWholeDirectory) {
  TempDirectory place;
  fs::create_directory(place / "out");
  write_text(place / "out/precious", "mine");
  expect_refusal(halftone(with(rtn(place / "out"), {"--overwrite"})), 7,
                 {place / "out", "precious", "by hand"});
  EXPECT_THAT(names_in(place.path()), ElementsAre("out", "out/precious"));
  write_text(place / "out/run.jsonl", "");  // as an earlier run leaves it
  const auto finished = halftone(with(rtn(place / "out"), {"--overwrite"}));
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_TRUE(fs::exists(place / "out/config.json"));
  EXPECT_FALSE(fs::exists(place / "out/precious"));
  EXPECT_EQ(halftone({"verify", place / "out"}).code, 0);
  for (const auto& entry : fs::directory_iterator(place.path())) EXPECT_EQ(entry.path().filename(), "out");
}

TEST(OutputSafety, OverwriteKeepsTheOldOutputWhenTheRunFails) {
  TempDirectory place;
  ASSERT_EQ(halftone(rtn(place / "out")).code, 0);
  const auto before = contents_of(place.path());
  const ModelCopy model;
  model.poke("model.layers.5.mlp.down_proj.weight", 0, "\xff\x7f");
  auto arguments = with(rtn(place / "out"), {"--overwrite"});
  arguments[1] = model.path();
  expect_refusal(halftone(arguments), 3, {"model.layers.5.mlp.down_proj.weight"});
  EXPECT_EQ(contents_of(place.path()), before);
}

TEST(OutputSafety, PlacesThatCannotBeAnOutput) {
  const ModelCopy model;
  TempDirectory place;
  const auto before = contents_of(model.path());
  auto arguments = rtn(model / "inside");
  arguments[1] = model.path();
  expect_refusal(halftone(arguments), 2, {model / "inside", "overlaps"});
  arguments = with(rtn(model.path()), {"--overwrite"});
  arguments[1] = model.path();
  expect_refusal(halftone(arguments), 2, {model.path(), "overlaps"});
  EXPECT_EQ(contents_of(model.path()), before);
  expect_refusal(halftone(rtn(place / "no/such/out")), 2, {place / "no/such/out", "folder"});
  expect_refusal(halftone(rtn("")), 2, {"-o"});
  EXPECT_THAT(names_in(place.path()), IsEmpty());
}

TEST(OutputSafety, TwoRunsDoNotShareAnOutput) {
  TempDirectory place;
  const int lock = ::open((place / "out.lock").c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  expect_refusal(halftone(rtn(place / "out")), 7, {place / "out", "another run"});
  EXPECT_THAT(names_in(place.path()), ElementsAre("out.lock"));
  ::close(lock);
  EXPECT_EQ(halftone(rtn(place / "out")).code, 0);
}

TEST(OutputSafety, AFileSizeLimitIsAResourceError) {
  TempDirectory place;
  // Blocks of 512 bytes; the signal is left to become an error of write().
  Program program(rtn(place / "out"), "trap '' XFSZ; ulimit -f 4000");
  expect_refusal(program.wait(), 5, {"out.partial/model.safetensors", "cannot be written"});
  EXPECT_THAT(names_in(place.path()), IsEmpty());
}

TEST(OutputSafety, AFullDiskIsAResourceErrorAndKeepsTheOldOutput) {
  TempDirectory place;
  if (::mount("none", place.path().c_str(), "tmpfs", 0, "size=12m") != 0)
    GTEST_SKIP() << "cannot mount a small disk here";
  EXPECT_EQ(halftone(rtn(place / "out")).code, 0);
  const auto before = contents_of(place.path());
  expect_refusal(halftone(with(rtn(place / "out"), {"--overwrite"})), 5,
                 {"out.partial/", "cannot be written", "free"});
  expect_refusal(halftone(rtn(place / "second")), 5, {"second.partial/", "cannot be written", "free"});
  EXPECT_EQ(contents_of(place.path()), before);
  ::umount(place.path().c_str());
}

TEST(OutputSafety, AResultThatCannotBePrintedIsAResourceError) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--json"}}) {
    Program program(with({"inspect", kModel}, more), "exec >/dev/full");
    expect_refusal(program.wait(), 5, {"stdout", "cannot be written"});
  }
}

class Interrupted : public testing::TestWithParam<int> {};

TEST_P(Interrupted, EndsWithItsCodeAndLeavesNothing) {
  TempDirectory place;
  const std::string data = write_conversations(place, 120);
  Program program(long_run(data, place / "out"));
  ASSERT_TRUE(started(place / "out"));
  program.signal(GetParam());
  expect_refusal(program.wait(), 128 + GetParam(), {"nothing was written"});
  EXPECT_THAT(names_in(place.path()), ElementsAre("conversations.json"));
}

INSTANTIATE_TEST_SUITE_P(Signals, Interrupted, testing::Values(SIGINT, SIGTERM, SIGHUP));

TEST(OutputSafety, ARunOutlivesItsReader) {
  TempDirectory place;
  ASSERT_EQ(::mkfifo((place / "pipe").c_str(), 0600), 0);
  // Somebody opens the pipe, and leaves at once.
  for (const std::string& before :
       {"exec 3<>" + (place / "pipe") + " 2>" + (place / "pipe") + " 3<&-", std::string("exec 2>&-")}) {
    Program program(rtn(place / "out"), before);
    EXPECT_EQ(program.wait().code, 0) << before;
    EXPECT_EQ(halftone({"verify", place / "out"}).code, 0);
    EXPECT_THAT(names_in(place.path()), testing::Not(testing::Contains("out.lock")));
    fs::remove_all(place / "out");
  }
}

TEST(OutputSafety, AKilledRunLeavesNothingThatLooksFinishedAndTheNextOneCleansUp) {
  TempDirectory place;
  const std::string data = write_conversations(place, 120);
  {
    Program program(long_run(data, place / "out"));
    ASSERT_TRUE(started(place / "out"));
    program.signal(SIGKILL);
    EXPECT_EQ(program.wait().code, 137);
  }
  EXPECT_FALSE(fs::exists(place / "out"));
  EXPECT_FALSE(fs::exists(place / "out.partial/config.json"));
  const auto verified = halftone({"verify", place / "out.partial"});
  EXPECT_NE(verified.code, 0);
  const auto finished = halftone(rtn(place / "out"));
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_THAT(names_in(place.path()), testing::Not(testing::Contains(testing::HasSubstr("out."))));
}

}  // namespace
}  // namespace halftone::e2e
