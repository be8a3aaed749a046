#include <mutex>

#include "halftone/io/file.h"

namespace halftone {
namespace {

class FaultyFiles final : public FileSystem {
 public:
  FaultyFiles(FileSystem& inner, Fault fault) : inner_(inner), fault_(fault) {}

  int open_read(const std::string& path) override { return inner_.open_read(path); }
  int create(const std::string& path) override {
    return due(Fault::Call::create) ? -fault_.error : inner_.create(path);
  }

  std::int64_t read_at(int handle, std::span<std::byte> out, std::uint64_t offset) override {
    if (!due(Fault::Call::read)) return inner_.read_at(handle, out, offset);
    return fault_.shorten ? inner_.read_at(handle, out.first(1), offset) : -fault_.error;
  }

  std::int64_t write_at(int handle, std::span<const std::byte> data, std::uint64_t offset) override {
    if (!due(Fault::Call::write)) return inner_.write_at(handle, data, offset);
    return fault_.shorten ? inner_.write_at(handle, data.first(1), offset) : -fault_.error;
  }

  int sync(int handle) override { return due(Fault::Call::sync) ? -fault_.error : inner_.sync(handle); }
  int close(int handle) override { return inner_.close(handle); }
  FileStat stat(const std::string& path) override { return inner_.stat(path); }
  std::vector<std::string> list(const std::string& directory) override { return inner_.list(directory); }
  std::string resolve(const std::string& path) override { return inner_.resolve(path); }
  int make_directory(const std::string& path) override { return inner_.make_directory(path); }

  int rename(const std::string& from, const std::string& to) override {
    return due(Fault::Call::rename) ? -fault_.error : inner_.rename(from, to);
  }

  int exchange(const std::string& a, const std::string& b) override {
    return due(Fault::Call::rename) ? -fault_.error : inner_.exchange(a, b);
  }

  int remove_all(const std::string& path) override { return inner_.remove_all(path); }
  int sync_directory(const std::string& path) override { return inner_.sync_directory(path); }
  int lock(const std::string& path) override { return inner_.lock(path); }

  std::uint64_t free_bytes(const std::string& directory) override { return inner_.free_bytes(directory); }

 private:
  bool due(Fault::Call call) {
    std::lock_guard lock(mutex_);
    return call == fault_.call && fault_.after-- <= 0 && fault_.times-- > 0;
  }

  FileSystem& inner_;
  std::mutex mutex_;
  Fault fault_;
};

}  // namespace

std::unique_ptr<FileSystem> faulty_files(FileSystem& inner, Fault fault) {
  return std::make_unique<FaultyFiles>(inner, fault);
}

}  // namespace halftone
