// A disk as a process leaves it that dies at a given moment.
#pragma once

#include <atomic>
#include <cerrno>
#include <string>
#include <vector>

#include "halftone/io/file.h"

namespace halftone {

// After so many changes nothing is changed any more, not even to clean up.
class DyingFiles final : public FileSystem {
 public:
  DyingFiles(FileSystem& inner, int changes) : inner_(inner), left_(changes) {}
  bool died() const { return left_ < 0; }

  int open_read(const std::string& path) override { return inner_.open_read(path); }
  int create(const std::string& path) override { return dead() ? -EIO : inner_.create(path); }
  std::int64_t read_at(int handle, std::span<std::byte> out, std::uint64_t offset) override {
    return inner_.read_at(handle, out, offset);
  }
  std::int64_t write_at(int handle, std::span<const std::byte> data, std::uint64_t offset) override {
    return dead() ? -EIO : inner_.write_at(handle, data, offset);
  }
  int sync(int handle) override { return left_ < 0 ? -EIO : inner_.sync(handle); }
  int close(int handle) override { return inner_.close(handle); }
  FileStat stat(const std::string& path) override { return inner_.stat(path); }
  std::vector<std::string> list(const std::string& directory) override { return inner_.list(directory); }
  std::string resolve(const std::string& path) override { return inner_.resolve(path); }
  int make_directory(const std::string& path) override { return dead() ? -EIO : inner_.make_directory(path); }
  int rename(const std::string& from, const std::string& to) override {
    return dead() ? -EIO : inner_.rename(from, to);
  }
  int exchange(const std::string& a, const std::string& b) override {
    return dead() ? -EIO : inner_.exchange(a, b);
  }
  int remove_all(const std::string& path) override { return dead() ? -EIO : inner_.remove_all(path); }
  int sync_directory(const std::string& path) override {
    return left_ < 0 ? -EIO : inner_.sync_directory(path);
  }
  int lock(const std::string& path) override { return inner_.lock(path); }
  std::uint64_t free_bytes(const std::string& directory) override { return inner_.free_bytes(directory); }

 private:
  bool dead() { return left_-- <= 0; }
  FileSystem& inner_;
  std::atomic<int> left_;
};

}  // namespace halftone
