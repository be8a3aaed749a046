// Everything that is asked of a file system, behind one seam: tests run in memory or on a disk that fails.
//
// FileSystem is the set of primitives, which may do less than asked and report it; InputFile and OutputFile are
// what the library uses: they finish short reads and writes, retry interrupted calls and throw Error with the
// file's name.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace halftone {

struct FileStat {
  bool exists = false;
  bool regular = false;
  bool directory = false;
  std::uint64_t size = 0;
  int error = 0;  // errno, where it does not exist or may not be seen
};

// Thread-safe. Functions that return an int give 0 (or a handle) on success, else -errno.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual int open_read(const std::string& path) = 0;  // never blocks on a pipe; regular files only
  virtual int create(const std::string& path) = 0;     // truncates; never blocks on a pipe
  virtual std::int64_t read_at(int handle, std::span<std::byte> out, std::uint64_t offset) = 0;
  virtual std::int64_t write_at(int handle, std::span<const std::byte> data, std::uint64_t offset) = 0;
  virtual int sync(int handle) = 0;
  virtual int close(int handle) = 0;
  virtual FileStat stat(const std::string& path) = 0;                       // follows links
  virtual std::vector<std::string> list(const std::string& directory) = 0;  // names, sorted
  virtual std::string resolve(const std::string& path) = 0;                 // links followed; "" if broken
  virtual int make_directory(const std::string& path) = 0;
  virtual int rename(const std::string& from, const std::string& to) = 0;
  virtual int exchange(const std::string& a, const std::string& b) = 0;  // swaps two directories atomically
  virtual int remove_all(const std::string& path) = 0;
  virtual int sync_directory(const std::string& path) = 0;
  // Creates the file and takes an exclusive lock that lives until close(); -EWOULDBLOCK when another holds it.
  virtual int lock(const std::string& path) = 0;
  virtual std::uint64_t free_bytes(const std::string& directory) = 0;
};

// The machine's file system.
FileSystem& posix_files();

// A file system in memory, for tests. As a disk does it, but that directories need not be made before files are
// created in them, that there are no links, and that nothing is lost without a sync.
std::unique_ptr<FileSystem> memory_files();

// Which primitive of a FaultyFiles fails, and when.
struct Fault {
  enum class Call { read, write, sync, create, rename } call = Call::write;
  int after = 0;         // calls of that kind that still succeed
  int error = 5;         // errno reported (EIO)
  bool shorten = false;  // reads and writes do one byte instead of failing
  int times = 1 << 30;   // calls that fail before the disk works again
};

// Passes everything to `inner` but for one fault. `inner` must outlive it.
std::unique_ptr<FileSystem> faulty_files(FileSystem& inner, Fault fault);

// A file open for reading. Movable; closes itself.
class InputFile {
 public:
  // Throws Error(input) when the file is missing or is no regular file.
  InputFile(FileSystem& files, const std::string& path);
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;
  ~InputFile();

  // Fills out from offset. Throws Error(input) past the end, Error(resource) when the disk fails.
  void read(std::span<std::byte> out, std::uint64_t offset) const;
  std::uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }

 private:
  FileSystem* files_;
  std::string path_;
  int handle_;
  std::uint64_t size_;
};

// A file open for writing. finish() syncs and closes; without it the destructor closes and the content is
// undefined.
class OutputFile {
 public:
  OutputFile(FileSystem& files, const std::string& path);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  // Throws Error(resource) when the disk is full or fails, naming the file and the free bytes.
  void write(std::span<const std::byte> data, std::uint64_t offset);
  void finish();
  // What has been written is on the disk when this returns.
  void sync();
  const std::string& path() const { return path_; }

 private:
  [[noreturn]] void fail_write(int error) const;
  FileSystem* files_;
  std::string path_;
  int handle_;
};

// Whole small files. read_file refuses files above `limit` bytes with Error(input).
std::string read_file(FileSystem& files, const std::string& path, std::uint64_t limit = 1u << 30);
// Writes, syncs and closes.
void write_file(FileSystem& files, const std::string& path, std::string_view content);

// a + "/" + b, without doubling the slash.
std::string join_path(const std::string& a, const std::string& b);
// Last component of a path, trailing slashes ignored.
std::string base_name(const std::string& path);
// The directory that holds path: "." for a bare name, "/" for "/".
std::string parent_path(const std::string& path);

}  // namespace halftone
