#include "tests/io/file_contract.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

using Call = Fault::Call;

TEST(FaultyFiles, WithoutADueFaultItIsTheDiskBelow) {
  const auto disk = memory_files();
  disk->make_directory("/root");
  const auto files = faulty_files(*disk, {.call = Call::write, .after = 1 << 20});
  check_file_system(*files, "/root");
}

TEST(FaultyFiles, FailsTheCallAfterSoManyGoodOnes) {
  const auto disk = memory_files();
  const auto files = faulty_files(*disk, {.call = Call::write, .after = 2, .error = ENOSPC});
  const int handle = files->create("f");
  EXPECT_EQ(files->write_at(handle, bytes_of("a"), 0), 1);
  EXPECT_EQ(files->write_at(handle, bytes_of("b"), 1), 1);
  EXPECT_EQ(files->write_at(handle, bytes_of("c"), 2), -ENOSPC);
  EXPECT_EQ(files->write_at(handle, bytes_of("c"), 2), -ENOSPC);
  EXPECT_EQ(files->sync(handle), 0);
  EXPECT_EQ(read_file(*files, "f"), "ab");
}

TEST(FaultyFiles, EachKindOfCallCanFail) {
  const auto disk = memory_files();
  write_file(*disk, "f", "abc");
  std::string out(3, '.');
  const auto faulty = [&](Call call) { return faulty_files(*disk, {.call = call}); };
  EXPECT_EQ(faulty(Call::create)->create("g"), -EIO);
  EXPECT_EQ(faulty(Call::rename)->rename("f", "g"), -EIO);
  EXPECT_EQ(faulty(Call::rename)->exchange("f", "f"), -EIO);
  EXPECT_EQ(faulty(Call::sync)->sync(disk->open_read("f")), -EIO);
  EXPECT_EQ(faulty(Call::write)->write_at(disk->open_read("f"), bytes_of("x"), 0), -EIO);
  EXPECT_EQ(faulty(Call::read)->read_at(disk->open_read("f"), std::as_writable_bytes(std::span(out)), 0), -EIO);
  EXPECT_EQ(read_file(*disk, "f"), "abc");
}

TEST(FaultyFiles, ShortensInsteadOfFailing) {
  const auto disk = memory_files();
  const auto files = faulty_files(*disk, {.call = Call::write, .shorten = true});
  const int handle = files->create("f");
  EXPECT_EQ(files->write_at(handle, bytes_of("abc"), 0), 1);
  EXPECT_EQ(read_file(*disk, "f"), "a");
}

TEST(FaultyFiles, AFaultMayPass) {
  const auto disk = memory_files();
  const auto files = faulty_files(*disk, {.call = Call::create, .after = 1, .times = 2});
  EXPECT_GE(files->create("a"), 0);
  EXPECT_EQ(files->create("b"), -EIO);
  EXPECT_EQ(files->create("c"), -EIO);
  EXPECT_GE(files->create("d"), 0);
}

}  // namespace
}  // namespace halftone
