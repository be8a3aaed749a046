#include "halftone/engine/output_directory.h"

#include <filesystem>

#include "tests/engine/dying_files.h"
#include "tests/expect_error.h"
#include "tests/temp_directory.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Output : public testing::Test {
 protected:
  void SetUp() override {
    files_->make_directory("/desk");
    files_->make_directory("/model");
    write_file(*files_, "/model/config.json", "{}");
  }
  void refuse(ErrorKind kind, const std::vector<std::string>& pieces, const std::string& out,
              bool overwrite = false) {
    expect_error(kind, pieces, [&] { OutputDirectory(*files_, out, "/model", overwrite); });
  }
  std::unique_ptr<FileSystem> files_ = memory_files();
};

TEST_F(Output, AppearsAtOnceAndWhole) {
  {
    OutputDirectory directory(*files_, "/desk/out", "/model", false);
    EXPECT_EQ(directory.partial(), "/desk/out.partial");
    write_file(*files_, directory.partial() + "/a", "new");
    EXPECT_FALSE(files_->stat("/desk/out").exists);
    directory.commit();
    EXPECT_EQ(read_file(*files_, "/desk/out/a"), "new");
  }
  EXPECT_THAT(files_->list("/desk"), ElementsAre("out"));
}

TEST_F(Output, WithoutCommitNothingStays) {
  {
    OutputDirectory directory(*files_, "/desk/out", "/model", false);
    write_file(*files_, directory.partial() + "/a", "new");
  }
  EXPECT_THAT(files_->list("/desk"), IsEmpty());
}

TEST_F(Output, OverwriteReplacesOnlyAtCommit) {
  files_->make_directory("/desk/out");
  write_file(*files_, "/desk/out/old", "old");
  refuse(ErrorKind::conflict, {"/desk/out", "exists already"}, "/desk/out");
  { OutputDirectory directory(*files_, "/desk/out", "/model", true); }
  EXPECT_THAT(files_->list("/desk/out"), ElementsAre("old"));
  OutputDirectory directory(*files_, "/desk/out//", "/model", true);
  write_file(*files_, directory.partial() + "/a", "new");
  directory.commit();
  EXPECT_THAT(files_->list("/desk/out"), ElementsAre("a"));
}

TEST_F(Output, LeftoversOfAKilledRunAreRemoved) {
  files_->make_directory("/desk/out.partial");
  write_file(*files_, "/desk/out.partial/half", "x");
  const OutputDirectory directory(*files_, "/desk/out", "/model", false);
  EXPECT_THAT(files_->list("/desk/out.partial"), IsEmpty());
}

TEST_F(Output, TwoRunsCannotShareAName) {
  const OutputDirectory directory(*files_, "/desk/out", "/model", false);
  write_file(*files_, directory.partial() + "/mine", "x");
  refuse(ErrorKind::conflict, {"/desk/out", "another run", "out.lock"}, "/desk/out");
  EXPECT_TRUE(files_->stat("/desk/out.partial/mine").exists);
  EXPECT_TRUE(files_->stat("/desk/out.lock").exists);
}

TEST_F(Output, AFailureToBeginFreesTheLock) {
  DyingFiles dying(*files_, 0);
  expect_error(ErrorKind::resource, {"/desk/out.partial", "cannot be created"},
               [&] { OutputDirectory(dying, "/desk/out", "/model", false); });
  EXPECT_NO_THROW(OutputDirectory(*files_, "/desk/out", "/model", false));
}

TEST_F(Output, PlacesThatCannotBe) {
  refuse(ErrorKind::usage, {"/nowhere/out", "does not exist"}, "/nowhere/out");
  for (const std::string name : {"", ".", "..", "/desk/.", "/desk/.."}) refuse(ErrorKind::usage, {"-o"}, name);
  refuse(ErrorKind::usage, {"/model", "overlaps"}, "/model", true);
  refuse(ErrorKind::usage, {"/model/out", "overlaps"}, "/model/out");
  files_->make_directory("/desk/out");
  write_file(*files_, "/desk/file", "x");
  refuse(ErrorKind::conflict, {"/desk/file", "no directory"}, "/desk/file", true);
  files_->make_directory("/desk/out/model");
  expect_error(ErrorKind::usage, {"/desk/out", "overlaps"},
               [&] { OutputDirectory(*files_, "/desk/out", "/desk/out/model", true); });
  EXPECT_THAT(files_->list("/desk"), ElementsAre("file", "out"));
}

TEST_F(Output, ALinkToTheSourceIsTheSource) {
  TempDirectory disk;
  std::filesystem::create_directory(disk / "model");
  std::filesystem::create_symlink(disk / "model", disk / "alias");
  expect_error(ErrorKind::usage, {"overlaps"},
               [&] { OutputDirectory(posix_files(), disk / "alias", disk / "model", true); });
  expect_error(ErrorKind::usage, {"overlaps"},
               [&] { OutputDirectory(posix_files(), disk / "alias/out", disk / "model", true); });
  EXPECT_TRUE(std::filesystem::is_directory(disk / "model"));
}

// A sibling whose name begins like the source's does not lie inside it.
TEST_F(Output, ANameThatBeginsLikeTheSourceIsFree) {
  OutputDirectory directory(*files_, "/model-quantized", "/model", false);
  directory.commit();
  EXPECT_TRUE(files_->stat("/model-quantized").directory);
}

TEST_F(Output, WhatAppearsMeanwhileIsNotReplaced) {
  OutputDirectory directory(*files_, "/desk/out", "/model", false);
  files_->make_directory("/desk/out");
  write_file(*files_, "/desk/out/theirs", "x");
  expect_error(ErrorKind::conflict, {"/desk/out", "appeared"}, [&] { directory.commit(); });
  EXPECT_THAT(files_->list("/desk/out"), ElementsAre("theirs"));
}

TEST(SideFiles, AreTheSmallFilesButNotWeightsNorTheConfig) {
  for (const char* name : {"tokenizer.json", "vocab.json", "chat_template.jinja", "modeling_x.py", "README.md"})
    EXPECT_TRUE(is_side_file(name)) << name;
  for (const char* name : {"config.json", "model.safetensors", "model.safetensors.index.json", "a.bin",
                           "pytorch_model.bin.index.json", "x.pth", "x.gguf", ".gitattributes",
                           // What an earlier run said of itself.
                           "recipe.resolved.yaml", "run.jsonl", "quality.json", "report.html"})
    EXPECT_FALSE(is_side_file(name)) << name;
}

TEST(SideFiles, AreCopiedByteForByteWithoutSubfolders) {
  const auto files = memory_files();
  files->make_directory("/a");
  files->make_directory("/b");
  files->make_directory("/a/onnx");
  const std::string bytes("\0\r\n\xff{}", 6);
  write_file(*files, "/a/tokenizer.json", bytes);
  write_file(*files, "/a/empty.txt", "");
  write_file(*files, "/a/model.safetensors", "weights");
  EXPECT_THAT(copy_side_files(*files, "/a", "/b"), ElementsAre("empty.txt", "tokenizer.json"));
  EXPECT_EQ(read_file(*files, "/b/tokenizer.json"), bytes);
  EXPECT_THAT(files->list("/b"), ElementsAre("empty.txt", "tokenizer.json"));
}

}  // namespace
}  // namespace halftone
