#include "halftone/io/checkpoint_files.h"

#include <filesystem>
#include <fstream>

#include "tests/expect_error.h"
#include "tests/io/raw_safetensors.h"
#include "tests/temp_directory.h"
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace halftone {
namespace {

namespace fs = std::filesystem;
using enum ErrorKind;
using testing::ElementsAre;

constexpr const char* kIndex = "model.safetensors.index.json";

std::string index_of(const std::string& weight_map) {
  return "{\"metadata\":{},\"weight_map\":" + weight_map + "}";
}

// A model directory in memory.
class Directory {
 public:
  Directory() : files_(memory_files()) { files_->make_directory("/m"); }
  Directory& add(const std::string& name, const std::string& content = "x") {
    write_file(*files_, "/m/" + name, content);
    return *this;
  }
  CheckpointFiles find() { return find_checkpoint_files(*files_, "/m"); }

 private:
  std::unique_ptr<FileSystem> files_;
};

TEST(CheckpointFiles, OneFileNeedsNoIndex) {
  const auto found = Directory().add("model.safetensors").add("config.json").find();
  EXPECT_EQ(found.directory, "/m");
  EXPECT_THAT(found.shards, ElementsAre("model.safetensors"));
  EXPECT_TRUE(found.shard_of.empty());
  EXPECT_TRUE(found.unlisted.empty());
}

TEST(CheckpointFiles, TheIndexNamesTheShards) {
  const auto found =
      Directory()
          .add(kIndex, index_of(R"({"a":"s2.safetensors","b":"s1.safetensors","c":"s2.safetensors"})"))
          .add("s1.safetensors")
          .add("s2.safetensors")
          .find();
  EXPECT_THAT(found.shards, ElementsAre("s1.safetensors", "s2.safetensors"));
  EXPECT_EQ(found.shard_of.size(), 3u);
  EXPECT_EQ(found.shard_of.at("b"), "s1.safetensors");
}

TEST(CheckpointFiles, TheIndexWinsOverASingleFileAndPicklesAreNeverOpened) {  // DIR-10, DIR-06
  const auto found = Directory()
                         .add(kIndex, index_of(R"({"a":"s1.safetensors"})"))
                         .add("s1.safetensors")
                         .add("model.safetensors")
                         .add("consolidated.safetensors")
                         .add("pytorch_model.bin")
                         .find();
  EXPECT_THAT(found.shards, ElementsAre("s1.safetensors"));
  EXPECT_THAT(found.unlisted, ElementsAre("consolidated.safetensors", "model.safetensors"));
}

TEST(CheckpointFiles, RefusesDirectoriesWithoutWeights) {
  Directory empty;
  expect_error(input, {"/m: neither model.safetensors.index.json nor model.safetensors"},
               [&] { empty.find(); });
  const auto files = memory_files();
  expect_error(input, {"/nowhere: no such directory"}, [&] { find_checkpoint_files(*files, "/nowhere"); });
  write_file(*files, "/file", "x");
  expect_error(input, {"/file: no such directory"}, [&] { find_checkpoint_files(*files, "/file"); });
  for (const char* name :
       {"pytorch_model.bin", "model.pt", "model.pth", "last.ckpt", "weights.pkl"}) {  // DIR-11
    Directory pickled;
    pickled.add(name);
    expect_error(unsupported, {"/m", name, "never unpickles", "convert"}, [&] { pickled.find(); });
  }
}

TEST(CheckpointFiles, ShardNamesAreFileNames) {  // DIR-01, DIR-02
  for (const char* name : {"../../x.safetensors", "/etc/passwd", "a/../../x", "a/x.safetensors", "C:\\\\x",
                           "..\\\\x", "", ".", "..", "/", "x\\u0000.safetensors", "c:x"}) {
    SCOPED_TRACE(name);
    Directory directory;
    directory.add("../../x.safetensors").add("x.safetensors");
    directory.add(kIndex, index_of("{\"w\":\"" + std::string(name) + "\"}"));
    expect_error(input, {kIndex, "leaves the model directory"}, [&] { directory.find(); });
  }
}

TEST(CheckpointFiles, NamesEachShardThatIsNoFile) {  // DIR-02, DIR-06
  for (const char* name : {"missing.safetensors", "a\\nb", "~"}) {
    Directory directory;
    directory.add(kIndex, index_of("{\"w\":\"" + std::string(name) + "\"}"));
    expect_error(input, {"/m/", "the index names it, but it is missing"}, [&] { directory.find(); });
  }
  Directory directory;
  directory.add("inner/file").add(kIndex, index_of(R"({"w":"inner"})"));
  expect_error(input, {"/m/inner: not a regular file"}, [&] { directory.find(); });
}

TEST(CheckpointFiles, RefusesAnIndexOfAnotherForm) {  // DIR-09
  const std::pair<std::string, std::string> table[] = {
      {"", "not valid JSON"},
      {"{", "not valid JSON"},
      {"[]", "a list"},
      {R"([{"weight_map":{"w":"s"}}])", "a list"},
      {"\"s\"", "a string"},
      {"null", "null"},
      {"7", "a number"},
      {"{}", "has no weight_map"},
      {R"({"weight_map":{}})", "has no weight_map"},
      {R"({"metadata":{"weight_map":{"w":"s"}}})", "has no weight_map"},
      {R"({"weight_map":[]})", "a list in weight_map"},
      {R"({"weight_map":null})", "null in weight_map"},
      {R"({"weight_map":"s"})", "a string as weight_map"},
      {R"({"weight_map":7})", "a number in weight_map"},
      {R"({"weight_map":{"w":7}})", "a number in weight_map"},
      {R"({"weight_map":{"w":null}})", "null in weight_map"},
      {R"({"weight_map":{"w":true}})", "true or false in weight_map"},
      {R"({"weight_map":{"w":["s"]}})", "a list in weight_map"},
      {R"({"weight_map":{"w":{}}})", "an object in weight_map"},
      {R"({"weight_map":{"w":{"x":"s"}}})", "an object in weight_map"},
      {R"({"weight_map":{"w":"s","w":"s"}})", "\"w\" stands twice in weight_map"},
      {R"({"weight_map":{"w":"s"},"weight_map":{"v":"s"}})", "a second weight_map"},
      {"{\"weight_map\":" + std::string(100000, '['), "nests deeper than 256"},
      {std::string("{\"weight_map\":{\"w\":\"s\"}}\0", 25), "NUL"},
  };
  for (const auto& [json, piece] : table) {
    SCOPED_TRACE(json.substr(0, 60));
    Directory directory;
    directory.add("s").add(kIndex, json);
    expect_error(input, {kIndex, piece}, [&] { directory.find(); });
  }
}

TEST(CheckpointFiles, TotalSizeIsNoReasonToRefuse) {  // DIR-08
  for (const char* size : {"7", "-1", "\"7\"", "1e300", "null", "{}", "[[1]]", "true"}) {
    Directory directory;
    directory.add("s").add(kIndex, std::string(R"({"metadata":{"total_size":)") + size +
                                       R"(},"weight_map":{"w":"s"},"other":{"a":[{}]}})");
    EXPECT_THAT(directory.find().shards, ElementsAre("s")) << size;
  }
}

TEST(CheckpointFiles, AHugeIndexIsRefusedUnread) {  // DIR-09
  const TempDirectory temp;
  std::ofstream(temp / kIndex) << "{";
  ASSERT_EQ(::truncate((temp / kIndex).c_str(), off_t{500} << 20), 0);
  expect_error(input, {kIndex, "524288000 bytes", "268435456"},
               [&] { find_checkpoint_files(posix_files(), temp.path()); });
}

// A model directory on the disk with an index that names s.safetensors.
class DiskDirectory : public testing::Test {
 protected:
  DiskDirectory() {
    fs::create_directories(model());
    std::ofstream(model() / kIndex) << index_of(R"({"w":"s.safetensors"})");
  }
  virtual fs::path model() const { return fs::path(temp_.path()) / "model"; }
  fs::path shard() const { return model() / "s.safetensors"; }
  CheckpointFiles find() const { return find_checkpoint_files(posix_files(), model().string()); }
  static void touch(const fs::path& path) { std::ofstream(path) << "x"; }

  TempDirectory temp_;
};

TEST_F(DiskDirectory, AShardThatIsAPipeIsRefusedAtOnce) {  // DIR-03
  ASSERT_EQ(::mkfifo(shard().c_str(), 0600), 0);
  expect_error(input, {shard(), "not a regular file"}, [&] { find(); });
}

TEST_F(DiskDirectory, ALinkToADeviceIsRefused) {  // DIR-03, DIR-04
  fs::create_symlink("/dev/zero", shard());
  expect_error(input, {shard(), "links to /dev/zero", "outside"}, [&] { find(); });
}

TEST_F(DiskDirectory, LinksInsideTheDirectoryAreFollowed) {  // DIR-04
  fs::create_directory(model() / "blobs");
  touch(model() / "blobs" / "1");
  fs::create_symlink("blobs/1", shard());
  EXPECT_THAT(find().shards, ElementsAre("s.safetensors"));
  fs::create_symlink(model(), temp_ / "alias");
  EXPECT_THAT(find_checkpoint_files(posix_files(), temp_ / "alias").shards, ElementsAre("s.safetensors"));
  EXPECT_THAT(find_checkpoint_files(posix_files(), temp_ / "alias/").shards, ElementsAre("s.safetensors"));
}

TEST_F(DiskDirectory, LinksOutOfTheDirectoryAreRefused) {  // DIR-04
  touch(temp_ / "outside");
  fs::create_directory(temp_ / "model2");
  touch(temp_ / "model2/s");  // a neighbour whose name begins alike
  for (const char* target : {"../outside", "../model2/s"}) {
    fs::remove(shard());
    fs::create_symlink(target, shard());
    expect_error(input, {shard(), "links to " + temp_.path(), "outside the model directory"}, [&] { find(); });
  }
}

TEST_F(DiskDirectory, AnIndexThatLinksOutIsRefused) {
  touch(shard());
  fs::rename(model() / kIndex, temp_ / "index");
  fs::create_symlink("../index", model() / kIndex);
  expect_error(input, {kIndex, "outside the model directory"}, [&] { find(); });
}

TEST_F(DiskDirectory, BrokenLinksAndLoopsNameTheShard) {  // DIR-05
  fs::create_symlink("nowhere", shard());
  expect_error(input, {shard(), "a broken link (an unfinished download?)"}, [&] { find(); });
  fs::remove(shard());
  fs::create_symlink("s.safetensors", shard());
  expect_error(input, {shard(), "a broken link"}, [&] { find(); });
  fs::remove(shard());
  expect_error(input, {shard(), "missing"}, [&] { find(); });
}

TEST_F(DiskDirectory, ABrokenLinkIsNotTakenForNothing) {  // DIR-05
  for (const char* name : {kIndex, "model.safetensors"}) {
    fs::remove(model() / kIndex);
    fs::create_symlink("../../blobs/sha", model() / name);
    expect_error(input, {name, "a broken link"}, [&] { find(); });
    fs::remove(model() / name);
  }
}

// hub/models--o--n/snapshots/<revision>/file -> ../../blobs/<sha>: how every cached model looks.
class CacheDirectory : public DiskDirectory {
 protected:
  CacheDirectory() {
    fs::create_directories(model());
    fs::create_directories(repository() / "blobs");
    touch(repository() / "blobs" / "sha");
    std::ofstream(repository() / "blobs" / "index") << index_of(R"({"w":"s.safetensors"})");
    fs::create_symlink("../../blobs/index", model() / kIndex);
  }
  fs::path repository() const { return fs::path(temp_.path()) / "models--o--n"; }
  fs::path model() const override { return repository() / "snapshots" / "rev"; }
};

TEST_F(CacheDirectory, LinksIntoTheBlobsOfTheRepositoryAreFollowed) {  // DIR-04
  fs::create_symlink("../../blobs/sha", shard());
  EXPECT_THAT(find().shards, ElementsAre("s.safetensors"));
}

TEST_F(CacheDirectory, LinksElsewhereAreRefused) {  // DIR-04
  touch(repository() / "refs");
  fs::create_directories(fs::path(temp_.path()) / "models--o--other" / "blobs");
  touch(fs::path(temp_.path()) / "models--o--other" / "blobs" / "sha");
  for (const char* target : {"../../refs", "../../../models--o--other/blobs/sha", "../../blobs/../refs"}) {
    fs::remove(shard());
    fs::create_symlink(target, shard());
    expect_error(input, {shard(), "outside the model directory"}, [&] { find(); });
  }
}

TEST_F(CacheDirectory, AnUnfinishedDownloadIsABrokenLink) {  // DIR-05
  touch(repository() / "blobs" / "sha2.incomplete");
  fs::create_symlink("../../blobs/sha2", shard());
  expect_error(input, {shard(), "a broken link (an unfinished download?)"}, [&] { find(); });
}

}  // namespace
}  // namespace halftone
