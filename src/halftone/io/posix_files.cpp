#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "halftone/io/file.h"

namespace halftone {
namespace {

constexpr unsigned kRenameExchange = 2;  // RENAME_EXCHANGE of linux/fs.h

int or_errno(int result) { return result < 0 ? -errno : result; }

// Between open() and flock() the last holder may have removed the file, and a third made a new one.
bool still_names(const std::string& path, int handle) {
  struct ::stat opened {};
  struct ::stat named {};
  return ::fstat(handle, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

class PosixFiles final : public FileSystem {
 public:
  int open_read(const std::string& path) override {
    const int handle = or_errno(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (handle < 0) return handle;
    struct ::stat info {};
    // Checked after opening, so that a file swapped for a pipe cannot hang the reader.
    if (::fstat(handle, &info) != 0 || !S_ISREG(info.st_mode)) {
      ::close(handle);
      return -EINVAL;
    }
    ::posix_fadvise(handle, 0, 0, POSIX_FADV_SEQUENTIAL);
    return handle;
  }

  int create(const std::string& path) override {
    return or_errno(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666));
  }

  std::int64_t read_at(int handle, std::span<std::byte> out, std::uint64_t offset) override {
    const ssize_t count = ::pread(handle, out.data(), out.size(), static_cast<off_t>(offset));
    return count < 0 ? -errno : count;
  }

  std::int64_t write_at(int handle, std::span<const std::byte> data, std::uint64_t offset) override {
    const ssize_t count = ::pwrite(handle, data.data(), data.size(), static_cast<off_t>(offset));
    return count < 0 ? -errno : count;
  }

  int sync(int handle) override { return or_errno(::fsync(handle)); }
  int close(int handle) override { return or_errno(::close(handle)); }

  FileStat stat(const std::string& path) override {
    struct ::stat info {};
    if (::stat(path.c_str(), &info) != 0) return {.error = errno};
    return {true, S_ISREG(info.st_mode), S_ISDIR(info.st_mode), static_cast<std::uint64_t>(info.st_size), 0};
  }

  std::vector<std::string> list(const std::string& directory) override {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  std::string resolve(const std::string& path) override {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
    return real ? real.get() : "";
  }

  int make_directory(const std::string& path) override { return or_errno(::mkdir(path.c_str(), 0777)); }

  int rename(const std::string& from, const std::string& to) override {
    return or_errno(::rename(from.c_str(), to.c_str()));
  }

  int exchange(const std::string& a, const std::string& b) override {
    return or_errno(
        static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), kRenameExchange)));
  }

  int remove_all(const std::string& path) override {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    return -error.value();
  }

  int sync_directory(const std::string& path) override {
    const int handle = or_errno(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (handle < 0) return handle;
    const int result = or_errno(::fsync(handle));
    ::close(handle);
    return result;
  }

  int lock(const std::string& path) override {
    for (int tries = 0; tries < 100; ++tries) {
      const int handle = or_errno(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
      if (handle < 0) return handle;
      const int locked = or_errno(::flock(handle, LOCK_EX | LOCK_NB));
      if (locked == 0 && still_names(path, handle)) return handle;
      ::close(handle);
      if (locked < 0) return locked;
    }
    return -EWOULDBLOCK;
  }

  std::uint64_t free_bytes(const std::string& directory) override {
    struct ::statvfs info {};
    if (::statvfs(directory.c_str(), &info) != 0) return 0;
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  }
};

}  // namespace

FileSystem& posix_files() {
  static PosixFiles files;
  return files;
}

}  // namespace halftone
