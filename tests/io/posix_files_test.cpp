#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "tests/expect_error.h"
#include "tests/io/file_contract.h"
#include "tests/temp_directory.h"
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace halftone {
namespace {

namespace fs = std::filesystem;

TEST(PosixFiles, DoesWhatADiskDoes) {
  const TempDirectory temp;
  check_file_system(posix_files(), temp.path());
}

// A socket file named path, open as long as this lives.
class Socket {
 public:
  explicit Socket(const std::string& path) : handle_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    bound = ::bind(handle_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Socket() { ::close(handle_); }
  bool bound = false;

 private:
  int handle_;
};

// ST-30, DIR-03: nothing but regular files is opened, and a pipe without a writer does not block.
TEST(PosixFiles, OpensRegularFilesOnly) {
  const TempDirectory temp;
  ASSERT_EQ(::mkfifo((temp / "pipe").c_str(), 0600), 0);
  const Socket socket(temp / "socket");
  ASSERT_TRUE(socket.bound);
  for (const std::string& path : {temp / "pipe", temp / "socket", temp.path(), std::string("/dev/zero")}) {
    EXPECT_LT(posix_files().open_read(path), 0) << path;
    EXPECT_TRUE(posix_files().stat(path).exists) << path;
    EXPECT_FALSE(posix_files().stat(path).regular) << path;
    expect_error(ErrorKind::input, {path, "not a regular file"}, [&] { InputFile(posix_files(), path); });
  }
}

TEST(PosixFiles, ACreateNeverWaitsForAReader) {
  const TempDirectory temp;
  ASSERT_EQ(::mkfifo((temp / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(posix_files().create(temp / "pipe"), -ENXIO);
}

// Root may read anything, so it becomes somebody else for a moment.
class SomebodyElse {
 public:
  SomebodyElse() : ready(::geteuid() != 0 || ::seteuid(65534) == 0) {}
  ~SomebodyElse() {
    if (::getuid() == 0 && ::seteuid(0) != 0) std::abort();
  }
  const bool ready;
};

TEST(PosixFiles, WhatMayNotBeReadIsNamed) {  // ST-30
  const TempDirectory temp;
  fs::create_directory(temp / "closed");
  write_file(posix_files(), temp / "secret", "x");
  write_file(posix_files(), temp / "closed/f", "x");
  fs::permissions(temp / "secret", fs::perms::none);
  fs::permissions(temp / "closed", fs::perms::none);
  fs::permissions(temp.path(), fs::perms::all);
  {
    const SomebodyElse other;
    if (!other.ready) GTEST_SKIP() << "cannot stop being root";
    for (const std::string& path : {temp / "secret", temp / "closed/f"}) {
      expect_error(ErrorKind::input, {path, "Permission denied"}, [&] { InputFile(posix_files(), path); });
    }
  }
  fs::permissions(temp / "closed", fs::perms::owner_all);
}

TEST(PosixFiles, FollowsLinksAndSeesBrokenOnes) {
  const TempDirectory temp;
  write_file(posix_files(), temp / "file", "abc");
  fs::create_symlink("file", temp / "link");
  fs::create_symlink("nowhere", temp / "broken");
  fs::create_symlink("loop", temp / "loop");
  EXPECT_TRUE(posix_files().stat(temp / "link").regular);
  EXPECT_EQ(posix_files().resolve(temp / "link"), temp / "file");
  EXPECT_EQ(read_file(posix_files(), temp / "link"), "abc");
  for (const char* name : {"broken", "loop"}) {
    EXPECT_FALSE(posix_files().stat(temp / name).exists) << name;
    EXPECT_EQ(posix_files().resolve(temp / name), "") << name;
    EXPECT_LT(posix_files().open_read(temp / name), 0) << name;
  }
  EXPECT_EQ(posix_files().list(temp.path()).size(), 4u);
}

// ST-29: bytes are read by pread, so a file that shrinks is an error and not a signal.
TEST(PosixFiles, AFileThatShrinksWhileOpenIsAnError) {
  const TempDirectory temp;
  write_file(posix_files(), temp / "f", std::string(100000, 'x'));
  const InputFile file(posix_files(), temp / "f");
  ASSERT_EQ(::truncate((temp / "f").c_str(), 5000), 0);
  std::string out(100000, '.');
  expect_error(ErrorKind::input, {temp / "f", "ends at byte 5000", "95000 more", "truncated or replaced"},
               [&] { file.read(std::as_writable_bytes(std::span(out)), 0); });
}

TEST(PosixFiles, AFileThatIsReplacedKeepsItsOldBytes) {
  const TempDirectory temp;
  write_file(posix_files(), temp / "f", "old");
  const InputFile file(posix_files(), temp / "f");
  write_file(posix_files(), temp / "g", "n");
  ASSERT_EQ(posix_files().rename(temp / "g", temp / "f"), 0);
  std::string out(3, '.');
  file.read(std::as_writable_bytes(std::span(out)), 0);
  EXPECT_EQ(out, "old");
}

TEST(PosixFiles, ALockIsHeldByOneUntilItIsClosed) {
  const TempDirectory temp;
  const int first = posix_files().lock(temp / "lock");
  ASSERT_GE(first, 0);
  EXPECT_EQ(posix_files().lock(temp / "lock"), -EWOULDBLOCK);
  posix_files().close(first);
  const int second = posix_files().lock(temp / "lock");
  EXPECT_GE(second, 0);
  posix_files().close(second);
  fs::create_symlink("lock", temp / "link");
  EXPECT_EQ(posix_files().lock(temp / "link"), -ELOOP);
}

// Each holder removes the file before it lets go: whoever opened it before that must not hold a lock on
// nothing.
TEST(PosixFiles, ALockThatIsRemovedOnReleaseExcludesAllTheSame) {
  const TempDirectory temp;
  std::atomic<int> inside = 0, overlaps = 0, held = 0;
  const auto contend = [&] {
    for (int i = 0; i < 5000; ++i) {
      const int handle = posix_files().lock(temp / "lock");
      if (handle < 0) continue;
      overlaps += inside++ != 0;
      ++held;
      std::this_thread::yield();
      --inside;
      posix_files().remove_all(temp / "lock");
      posix_files().close(handle);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(contend);
  }
  EXPECT_GT(held, 0);
  EXPECT_EQ(overlaps, 0);
}

TEST(PosixFiles, AFullDiskIsAResource) {
  if (!posix_files().stat("/dev/full").exists) GTEST_SKIP() << "no /dev/full here";
  OutputFile file(posix_files(), "/dev/full");
  const Error error = error_of([&] { file.write(bytes_of("x"), 0); });
  EXPECT_EQ(error.kind(), ErrorKind::resource);
  EXPECT_THAT(error.message(), testing::HasSubstr("/dev/full: cannot be written (No space left on device"));
  EXPECT_THAT(error.hint(), testing::HasSubstr("space"));
}

TEST(PosixFiles, SparseFilesOfAnySizeAreOnlyMeasured) {
  const TempDirectory temp;
  write_file(posix_files(), temp / "big", "");
  ASSERT_EQ(::truncate((temp / "big").c_str(), off_t{1} << 40), 0);
  const InputFile file(posix_files(), temp / "big");
  EXPECT_EQ(file.size(), std::uint64_t{1} << 40);
  std::string out(4, '.');
  file.read(std::as_writable_bytes(std::span(out)), (std::uint64_t{1} << 40) - 4);
  EXPECT_EQ(out, std::string(4, '\0'));
}

}  // namespace
}  // namespace halftone
