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
  write_file(*files_, "/desk/out/run.jsonl", "old");
  refuse(ErrorKind::conflict, {"/desk/out", "exists already"}, "/desk/out");
  { OutputDirectory directory(*files_, "/desk/out", "/model", true); }
  EXPECT_THAT(files_->list("/desk/out"), ElementsAre("run.jsonl"));
  OutputDirectory directory(*files_, "/desk/out//", "/model", true);
  write_file(*files_, directory.partial() + "/a", "new");
  directory.commit();
  EXPECT_THAT(files_->list("/desk/out"), ElementsAre("a"));
}

TEST_F(Output, OverwriteErasesNothingThatHalftoneDidNotWrite) {
  write_file(*files_, "/desk/out/thesis.tex", "x");
  // A folder that holds outputs is none itself.
  write_file(*files_, "/desk/out/w4/run.jsonl", "x");
  refuse(ErrorKind::conflict, {"/desk/out", "thesis.tex", "1 more", "run.jsonl", "recipe.resolved.yaml"},
         "/desk/out", true);
  EXPECT_THAT(files_->list("/desk/out"), ElementsAre("thesis.tex", "w4"));
  EXPECT_THAT(files_->list("/desk"), ElementsAre("out"));
  write_file(*files_, "/desk/out/recipe.resolved.yaml", "x");
  EXPECT_NO_THROW(OutputDirectory(*files_, "/desk/out", "/model", true));
  files_->make_directory("/desk/empty");
  EXPECT_NO_THROW(OutputDirectory(*files_, "/desk/empty", "/model", true));
}

TEST_F(Output, WhatTookTheOutputsPlaceMeanwhileIsKept) {
  write_file(*files_, "/desk/out/run.jsonl", "x");
  OutputDirectory directory(*files_, "/desk/out", "/model", true);
  files_->remove_all("/desk/out/run.jsonl");
  write_file(*files_, "/desk/out/thesis.tex", "x");
  expect_error(ErrorKind::conflict, {"/desk/out", "thesis.tex"}, [&] { directory.commit(); });
  EXPECT_THAT(files_->list("/desk/out"), ElementsAre("thesis.tex"));
}

TEST_F(Output, LeftoversOfAKilledRunAreRemoved) {
  // Killed while running, while committing, before anything.
  for (const std::string name : {".halftone", "run.jsonl", ""}) {
    files_->make_directory("/desk/out.partial");
    if (!name.empty()) {
      write_file(*files_, "/desk/out.partial/" + name, "");
      write_file(*files_, "/desk/out.partial/half", "x");
    }
    write_file(*files_, "/desk/out.lock", "halftone\n");
    {
      const OutputDirectory directory(*files_, "/desk/out", "/model", false);
      EXPECT_THAT(files_->list("/desk/out.partial"), ElementsAre(".halftone"));
    }
    EXPECT_THAT(files_->list("/desk"), IsEmpty()) << name;
  }
}

TEST_F(Output, SomebodyElsesPartialIsKept) {
  write_file(*files_, "/desk/out.partial/mine", "x");
  write_file(*files_, "/desk/two.partial", "x");
  for (const std::string out : {"/desk/out", "/desk/two"})
    refuse(ErrorKind::conflict, {out + ".partial", "did not write"}, out);
  EXPECT_THAT(files_->list("/desk"), ElementsAre("out.partial", "two.partial"));
  EXPECT_EQ(read_file(*files_, "/desk/out.partial/mine"), "x");
}

TEST_F(Output, SomebodyElsesLockIsKept) {
  for (const std::string text : {"mine", "halftone\nis mine"}) {
    write_file(*files_, "/desk/out.lock", text);
    refuse(ErrorKind::conflict, {"/desk/out.lock", "not a lock"}, "/desk/out");
    EXPECT_EQ(read_file(*files_, "/desk/out.lock"), text);
  }
  write_file(*files_, "/desk/out.lock", "");
  OutputDirectory(*files_, "/desk/out", "/model", false).commit();
  EXPECT_THAT(files_->list("/desk"), ElementsAre("out", "out.lock"));
  EXPECT_EQ(read_file(*files_, "/desk/out.lock"), "");
}

TEST_F(Output, TwoRunsCannotShareAName) {
  const OutputDirectory directory(*files_, "/desk/out", "/model", false);
  write_file(*files_, directory.partial() + "/mine", "x");
  refuse(ErrorKind::conflict, {"/desk/out", "another run", "out.lock"}, "/desk/out");
  EXPECT_TRUE(files_->stat("/desk/out.partial/mine").exists);
  EXPECT_TRUE(files_->stat("/desk/out.lock").exists);
}

TEST_F(Output, AFailureToBeginFreesTheLock) {
  // Creating and writing the lock, removing what was, making the directory, creating its marker.
  for (int changes = 0; changes < 5; ++changes) {
    files_->remove_all("/desk/out.lock");
    DyingFiles dying(*files_, changes);
    expect_error(ErrorKind::resource, {changes < 2 ? "/desk/out.lock" : "/desk/out.partial", "cannot be"},
                 [&] { OutputDirectory(dying, "/desk/out", "/model", false); });
    EXPECT_NO_THROW(OutputDirectory(*files_, "/desk/out", "/model", false));
  }
}

TEST_F(Output, PlacesThatCannotBe) {
  refuse(ErrorKind::usage, {"/nowhere/out", "does not exist"}, "/nowhere/out");
  for (const std::string name : {"", ".", "..", "/desk/.", "/desk/.."}) refuse(ErrorKind::usage, {"-o"}, name);
  refuse(ErrorKind::usage, {"/model", "overlaps"}, "/model", true);
  refuse(ErrorKind::usage, {"/model/out", "overlaps"}, "/model/out");
  for (const std::string name : {"/", "//"}) refuse(ErrorKind::usage, {"/", "overlaps"}, name, true);
  expect_error(ErrorKind::usage, {"overlaps"}, [&] { OutputDirectory(*files_, "/desk/out", "/", true); });
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

TEST_F(Output, ALinkIsFollowedToWhatIsReplaced) {
  TempDirectory disk;
  std::filesystem::create_directories(disk / "far/real");
  write_file(posix_files(), disk / "far/real/run.jsonl", "old");
  std::filesystem::create_directory_symlink("far/real", disk / "out");
  {
    OutputDirectory directory(posix_files(), disk / "out", "/model", true);
    EXPECT_EQ(directory.partial(), disk / "far/real.partial");
    write_file(posix_files(), directory.partial() + "/a", "new");
    directory.commit();
  }
  EXPECT_TRUE(std::filesystem::is_symlink(disk / "out"));
  EXPECT_THAT(posix_files().list(disk / "out"), ElementsAre("a"));
  EXPECT_THAT(posix_files().list(disk / "far"), ElementsAre("real"));
  EXPECT_THAT(posix_files().list(disk.path()), ElementsAre("far", "out"));
}

TEST_F(Output, LinksInTheWayAreRefused) {
  TempDirectory disk;
  std::filesystem::create_symlink("nowhere", disk / "out");
  for (const bool overwrite : {false, true}) {
    expect_error(ErrorKind::usage, {disk / "out", "link"},
                 [&] { OutputDirectory(posix_files(), disk / "out", "/model", overwrite); });
  }
  std::filesystem::create_directory(disk / "mine");
  std::filesystem::create_directory_symlink("mine", disk / "two.partial");
  expect_error(ErrorKind::conflict, {disk / "two.partial"},
               [&] { OutputDirectory(posix_files(), disk / "two", "/model", false); });
  std::filesystem::create_symlink("mine", disk / "three.lock");
  expect_error(ErrorKind::resource, {disk / "three.lock"},
               [&] { OutputDirectory(posix_files(), disk / "three", "/model", false); });
  EXPECT_THAT(posix_files().list(disk.path()), ElementsAre("mine", "out", "three.lock", "two.partial"));
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
