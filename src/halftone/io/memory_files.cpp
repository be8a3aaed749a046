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
    const auto found = files_.find(path);
    return found == files_.end() ? -ENOENT : open(found->second);
  }

  int create(const std::string& path) override {
    std::lock_guard lock(mutex_);
    if (is_directory(path)) return -EISDIR;
    auto& data = files_[path];
    if (data) {
      data->clear();
    } else {
      data = std::make_shared<Bytes>();
    }
    return open(data);
  }

  std::int64_t read_at(int handle, std::span<std::byte> out, std::uint64_t offset) override {
    std::lock_guard lock(mutex_);
    const Bytes* data = at(handle);
    if (!data) return -EBADF;
    if (offset >= data->size()) return 0;
    const size_t count = std::min(out.size(), data->size() - offset);
    std::memcpy(out.data(), data->data() + offset, count);
    return static_cast<std::int64_t>(count);
  }

  std::int64_t write_at(int handle, std::span<const std::byte> data, std::uint64_t offset) override {
    std::lock_guard lock(mutex_);
    Bytes* file = at(handle);
    if (!file) return -EBADF;
    file->resize(std::max(file->size(), static_cast<size_t>(offset) + data.size()));
    std::memcpy(file->data() + offset, data.data(), data.size());
    return static_cast<std::int64_t>(data.size());
  }

  int sync(int handle) override {
    std::lock_guard lock(mutex_);
    return at(handle) ? 0 : -EBADF;
  }

  int close(int handle) override {
    std::lock_guard lock(mutex_);
    if (!at(handle)) return -EBADF;
    handles_[static_cast<size_t>(handle)].reset();
    locks_.erase(handle);
    return 0;
  }

  FileStat stat(const std::string& path) override {
    std::lock_guard lock(mutex_);
    if (const auto found = files_.find(path); found != files_.end())
      return {true, true, false, found->second->size(), 0};
    const bool directory = is_directory(path);
    return {directory, false, directory, 0, directory ? 0 : ENOENT};
  }

  std::vector<std::string> list(const std::string& directory) override {
    std::lock_guard lock(mutex_);
    std::set<std::string> names;
    for (const auto& path : below(directory)) {
      const std::string rest = path.substr(inside(directory).size());
      names.insert(rest.substr(0, rest.find('/')));
    }
    return {names.begin(), names.end()};
  }

  std::string resolve(const std::string& path) override { return stat(path).exists ? path : ""; }

  int make_directory(const std::string& path) override {
    std::lock_guard lock(mutex_);
    if (files_.contains(path) || is_directory(path)) return -EEXIST;
    directories_.insert(path);
    return 0;
  }

  int rename(const std::string& from, const std::string& to) override {
    std::lock_guard lock(mutex_);
    if (!exists(from)) return -ENOENT;
    if (from == to) return 0;
    if (is_directory(to) && !is_directory(from)) return -EISDIR;
    if (!below(to).empty()) return -ENOTEMPTY;
    if (files_.contains(to) && is_directory(from)) return -ENOTDIR;
    move(from, to);
    return 0;
  }

  int exchange(const std::string& a, const std::string& b) override {
    std::lock_guard lock(mutex_);
    if (!exists(a) || !exists(b)) return -ENOENT;
    move(a, a + ".exchange");
    move(b, a);
    move(a + ".exchange", b);
    return 0;
  }

  int remove_all(const std::string& path) override {
    std::lock_guard lock(mutex_);
    for (const auto& inner : below(path)) {
      files_.erase(inner);
      directories_.erase(inner);
    }
    files_.erase(path);
    directories_.erase(path);
    return 0;
  }

  int sync_directory(const std::string& path) override {
    std::lock_guard lock(mutex_);
    return is_directory(path) ? 0 : -ENOENT;
  }

  int lock(const std::string& path) override {
    std::lock_guard lock(mutex_);
    for (const auto& [handle, locked] : locks_) {
      if (locked == path) return -EWOULDBLOCK;
    }
    auto& file = files_[path];
    if (!file) file = std::make_shared<Bytes>();
    handles_.push_back(file);
    const int handle = static_cast<int>(handles_.size()) - 1;
    locks_[handle] = path;
    return handle;
  }

  std::uint64_t free_bytes(const std::string&) override { return std::uint64_t{1} << 40; }

 private:
  using Bytes = std::vector<std::byte>;

  // Shared, so that an open handle outlives a rename or a removal, as on a disk.
  int open(std::shared_ptr<Bytes> data) {
    handles_.push_back(std::move(data));
    return static_cast<int>(handles_.size()) - 1;
  }

  Bytes* at(int handle) {
    const auto index = static_cast<size_t>(handle);
    return index < handles_.size() ? handles_[index].get() : nullptr;
  }

  static std::string inside(const std::string& directory) { return join_path(directory, ""); }

  std::vector<std::string> below(const std::string& directory) const {
    std::vector<std::string> paths;
    for (const auto& [path, data] : files_) {
      if (path.starts_with(inside(directory))) paths.push_back(path);
    }
    for (const auto& path : directories_) {
      if (path.starts_with(inside(directory))) paths.push_back(path);
    }
    return paths;
  }

  bool is_directory(const std::string& path) const {
    return path == "." || path == "/" || directories_.contains(path) || !below(path).empty();
  }

  bool exists(const std::string& path) const { return files_.contains(path) || is_directory(path); }

  void move(const std::string& from, const std::string& to) {
    auto paths = below(from);
    paths.push_back(from);
    for (const auto& path : paths) {
      const std::string target = to + path.substr(from.size());
      if (files_.contains(path)) files_[target] = std::move(files_.extract(path).mapped());
      if (directories_.erase(path) > 0) directories_.insert(target);
    }
  }

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Bytes>> files_;
  std::set<std::string> directories_;
  std::vector<std::shared_ptr<Bytes>> handles_;
  std::map<int, std::string> locks_;
};

}  // namespace

std::unique_ptr<FileSystem> memory_files() { return std::make_unique<MemoryFiles>(); }

}  // namespace halftone
