#include "halftone/io/file.h"

#include <cerrno>
#include <cstring>

#include "halftone/base/error.h"

namespace halftone {
namespace {

std::string errno_text(int error) { return std::strerror(error); }

}  // namespace

InputFile::InputFile(FileSystem& files, const std::string& path) : files_(&files), path_(path), handle_(-1) {
  const FileStat stat = files.stat(path);
  const bool absent = stat.error == 0 || stat.error == ENOENT;
  require(stat.exists, ErrorKind::input, "{}: {}", path, absent ? "no such file" : errno_text(stat.error));
  require(stat.regular, ErrorKind::input, "{}: not a regular file", path);
  handle_ = files.open_read(path);
  require(handle_ >= 0, ErrorKind::input, "{}: cannot be opened ({})", path, errno_text(-handle_));
  size_ = stat.size;
}

InputFile::InputFile(InputFile&& other) noexcept
    : files_(other.files_), path_(std::move(other.path_)), handle_(other.handle_), size_(other.size_) {
  other.handle_ = -1;
}

InputFile::~InputFile() {
  if (handle_ >= 0) files_->close(handle_);
}

void InputFile::read(std::span<std::byte> out, std::uint64_t offset) const {
  while (!out.empty()) {
    const std::int64_t count = files_->read_at(handle_, out, offset);
    if (count == -EINTR) continue;
    require(count >= 0, ErrorKind::resource, "{}: reading at byte {} failed ({})", path_, offset,
            errno_text(static_cast<int>(-count)));
    require(count > 0, ErrorKind::input, "{}: ends at byte {}, {} more were expected (truncated or replaced?)",
            path_, offset, out.size());
    out = out.subspan(static_cast<size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

OutputFile::OutputFile(FileSystem& files, const std::string& path)
    : files_(&files), path_(path), handle_(files.create(path)) {
  if (handle_ < 0) fail_write(-handle_);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : files_(other.files_), path_(std::move(other.path_)), handle_(other.handle_) {
  other.handle_ = -1;
}

OutputFile::~OutputFile() {
  if (handle_ >= 0) files_->close(handle_);
}

void OutputFile::fail_write(int error) const {
  throw Error(ErrorKind::resource,
              fmt::format("{}: cannot be written ({}, {} bytes free)", path_, errno_text(error),
                          files_->free_bytes(parent_path(path_))),
              error == ENOSPC ? "free some space, or give -o a path on another disk" : "");
}

void OutputFile::write(std::span<const std::byte> data, std::uint64_t offset) {
  while (!data.empty()) {
    const std::int64_t count = files_->write_at(handle_, data, offset);
    if (count == -EINTR) continue;
    if (count < 0) fail_write(static_cast<int>(-count));
    if (count == 0) fail_write(ENOSPC);
    data = data.subspan(static_cast<size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

void OutputFile::sync() {
  const int result = files_->sync(handle_);
  if (result < 0) fail_write(-result);
}

void OutputFile::finish() {
  // After a failed sync the kernel may have dropped the pages: the file is bad and the sync is not retried.
  const int synced = files_->sync(handle_);
  const int closed = files_->close(handle_);
  handle_ = -1;
  if (synced < 0) fail_write(-synced);
  if (closed < 0) fail_write(-closed);
}

std::string read_file(FileSystem& files, const std::string& path, std::uint64_t limit) {
  const InputFile file(files, path);
  require(file.size() <= limit, ErrorKind::input, "{}: {} bytes, more than the {} that are read here", path,
          file.size(), limit);
  std::string text(file.size(), '\0');
  file.read(std::as_writable_bytes(std::span(text)), 0);
  return text;
}

void write_file(FileSystem& files, const std::string& path, std::string_view content) {
  OutputFile file(files, path);
  file.write(std::as_bytes(std::span(content)), 0);
  file.finish();
}

std::string join_path(const std::string& a, const std::string& b) {
  return a.empty() || a.back() == '/' ? a + b : a + "/" + b;
}

std::string base_name(const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  if (end == std::string::npos) return path.empty() ? "" : "/";
  const size_t slash = path.find_last_of('/', end);
  return path.substr(slash + 1, end - slash);
}

std::string parent_path(const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  const size_t slash = end == std::string::npos ? end : path.find_last_of('/', end);
  if (slash == std::string::npos) return path.starts_with('/') ? "/" : ".";
  const size_t last = path.find_last_not_of('/', slash);
  return last == std::string::npos ? "/" : path.substr(0, last + 1);
}

}  // namespace halftone
