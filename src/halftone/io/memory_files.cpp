#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <set>

#include "halftone/io/file.h"

namespace halftone {
namespace {

class MemoryFiles final : public FileSystem {
 public:
  int open_read(const std::string& path) override {
    std::lock_guard lock(mutex_);
    return files_.contains(path) ? open(path) : -ENOENT;
  }

  int create(const std::string& path) override {
    std::lock_guard lock(mutex_);
    files_[path].clear();
    return open(path);
  }

  std::int64_t read_at(int handle, std::span<std::byte> out, std::uint64_t offset) override {
    std::lock_guard lock(mutex_);
    const auto& data = files_.at(handles_.at(handle));
    if (offset >= data.size()) return 0;
    const size_t count = std::min(out.size(), data.size() - offset);
    std::memcpy(out.data(), data.data() + offset, count);
    return static_cast<std::int64_t>(count);
  }

  std::int64_t write_at(int handle, std::span<const std::byte> data, std::uint64_t offset) override {
    std::lock_guard lock(mutex_);
    auto& file = files_.at(handles_.at(handle));
    file.resize(std::max(file.size(), static_cast<size_t>(offset) + data.size()));
    std::memcpy(file.data() + offset, data.data(), data.size());
    return static_cast<std::int64_t>(data.size());
  }

  int sync(int) override { return 0; }
  int close(int) override { return 0; }

  FileStat stat(const std::string& path) override {
    std::lock_guard lock(mutex_);
    if (const auto found = files_.find(path); found != files_.end())
      return {true, true, false, found->second.size()};
    const bool directory = directories_.contains(path) || !below(path).empty();
    return {directory, false, directory, 0};
  }

  std::vector<std::string> list(const std::string& directory) override {
    std::lock_guard lock(mutex_);
    std::set<std::string> names;
    for (const auto& path : below(directory)) {
      const std::string rest = path.substr(directory.size() + 1);
      names.insert(rest.substr(0, rest.find('/')));
    }
    return {names.begin(), names.end()};
  }

  std::string resolve(const std::string& path) override { return path; }

  int make_directory(const std::string& path) override {
    std::lock_guard lock(mutex_);
    return directories_.insert(path).second ? 0 : -EEXIST;
  }

  int rename(const std::string& from, const std::string& to) override {
    std::lock_guard lock(mutex_);
    move(from, to);
    return 0;
  }

  int exchange(const std::string& a, const std::string& b) override {
    std::lock_guard lock(mutex_);
    move(a, a + ".exchange");
    move(b, a);
    move(a + ".exchange", b);
    return 0;
  }

  int remove_all(const std::string& path) override {
    std::lock_guard lock(mutex_);
    for (const auto& inner : below(path)) files_.erase(inner);
    files_.erase(path);
    directories_.erase(path);
    return 0;
  }

  int sync_directory(const std::string&) override { return 0; }
  std::uint64_t free_bytes(const std::string&) override { return std::uint64_t{1} << 40; }

 private:
  int open(const std::string& path) {
    handles_.push_back(path);
    return static_cast<int>(handles_.size()) - 1;
  }

  std::vector<std::string> below(const std::string& directory) const {
    std::vector<std::string> paths;
    for (const auto& [path, data] : files_) {
      if (path.starts_with(directory + "/")) paths.push_back(path);
    }
    return paths;
  }

  void move(const std::string& from, const std::string& to) {
    for (const auto& path : below(from))
      files_[to + path.substr(from.size())] = std::move(files_.extract(path).mapped());
    if (files_.contains(from)) files_[to] = std::move(files_.extract(from).mapped());
    if (directories_.erase(from) > 0) directories_.insert(to);
  }

  std::mutex mutex_;
  std::map<std::string, std::vector<std::byte>> files_;
  std::set<std::string> directories_;
  std::vector<std::string> handles_;
};

}  // namespace

std::unique_ptr<FileSystem> memory_files() { return std::make_unique<MemoryFiles>(); }

}  // namespace halftone
