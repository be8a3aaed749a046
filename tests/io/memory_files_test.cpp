#include "tests/io/file_contract.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

TEST(MemoryFiles, DoesWhatADiskDoes) {
  const auto files = memory_files();
  files->make_directory("/root");
  check_file_system(*files, "/root");
}

TEST(MemoryFiles, MakesDirectoriesForFiles) {
  const auto files = memory_files();
  write_file(*files, "x/y/z", "1");
  EXPECT_TRUE(files->stat("x").directory);
  EXPECT_TRUE(files->stat("x/y").directory);
  EXPECT_THAT(files->list("x"), testing::ElementsAre("y"));
  EXPECT_FALSE(files->stat("x/y/z/w").exists);
}

TEST(MemoryFiles, NeighboursWithACommonPrefixStayApart) {
  const auto files = memory_files();
  write_file(*files, "out/f", "1");
  write_file(*files, "out.partial/f", "2");
  files->remove_all("out");
  EXPECT_EQ(read_file(*files, "out.partial/f"), "2");
  EXPECT_EQ(files->rename("out.partial", "out"), 0);
  EXPECT_EQ(read_file(*files, "out/f"), "2");
}

TEST(MemoryFiles, EachHasItsOwnFiles) {
  const auto a = memory_files(), b = memory_files();
  write_file(*a, "f", "1");
  EXPECT_FALSE(b->stat("f").exists);
}

}  // namespace
}  // namespace halftone
