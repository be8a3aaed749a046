#include "halftone/engine/output_directory.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "halftone/base/error.h"

namespace halftone {
namespace {

constexpr std::uint64_t kLargestSideFile = std::uint64_t{1} << 30;

constexpr const char* kMarker = ".halftone";  // in a partial directory
constexpr std::string_view kLockText = "halftone\n";
constexpr const char* kRecords[] = {"run.jsonl", "recipe.resolved.yaml"};

// `path` with the links before its last name followed.
std::string beside_links(FileSystem& files, const std::string& path) {
  return join_path(files.resolve(parent_path(path)), base_name(path));
}

bool is_listed(FileSystem& files, const std::string& path) {
  const auto names = files.list(parent_path(path));
  return std::binary_search(names.begin(), names.end(), base_name(path));
}

bool is_link(FileSystem& files, const std::string& path) {
  const std::string real = files.resolve(path);
  return real.empty() ? is_listed(files, path) : real != beside_links(files, path);
}

bool holds(const std::string& directory, const std::string& path) {
  return join_path(path, "").starts_with(join_path(directory, ""));
}

bool has_records(FileSystem& files, const std::string& directory) {
  return std::any_of(std::begin(kRecords), std::end(kRecords),
                     [&](const char* name) { return files.stat(join_path(directory, name)).regular; });
}

// The names by which a directory is known as ours go last: what is left of an interrupted removal can be told.
void remove_own(FileSystem& files, const std::string& directory) {
  for (const auto& name : files.list(directory)) {
    if (name != kMarker && std::find(std::begin(kRecords), std::end(kRecords), name) == std::end(kRecords))
      files.remove_all(join_path(directory, name));
  }
  files.remove_all(directory);
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

OutputDirectory::OutputDirectory(FileSystem& files, const std::string& out, const std::string& source,
                                 bool overwrite)
    : files_(files), out_(without_slash(out)), overwrite_(overwrite) {
  place(source);
  check_target();
  take_lock();
  try {
    check_target();  // again, for a run that ended before the lock was taken
    make_partial();
  } catch (...) {
    abandon();
    throw;
  }
}

OutputDirectory::~OutputDirectory() { abandon(); }

void OutputDirectory::place(const std::string& source) {
  require(!base_name(out_).empty() && base_name(out_) != "." && base_name(out_) != "..", ErrorKind::usage,
          "-o {}: not a name for an output directory", out_);
  require(files_.stat(parent_path(out_)).directory, ErrorKind::usage,
          "{}: the folder it should go into does not exist", out_);
  if (is_link(files_, out_)) {
    const std::string target = files_.resolve(out_);
    require(!target.empty(), ErrorKind::usage, "{}: is a link to a place that does not exist", out_);
    out_ = target;
  }
  const std::string real_out = out_ == "/" ? out_ : beside_links(files_, out_);
  const std::string real_source = files_.resolve(source).empty() ? source : files_.resolve(source);
  require(!holds(real_out, real_source) && !holds(real_source, real_out), ErrorKind::usage,
          "{}: overlaps the source checkpoint {}", out_, source);
  lock_path_ = out_ + ".lock";
  partial_ = out_ + ".partial";
}

void OutputDirectory::check_target() const {
  const FileStat stat = files_.stat(out_);
  if (!stat.exists) return;
  require(stat.directory, ErrorKind::conflict, "{}: exists and is no directory", out_);
  if (!overwrite_)
    throw Error(ErrorKind::conflict, out_ + ": exists already",
                "give another -o, or --overwrite to replace it");
  const auto names = files_.list(out_);
  if (names.empty() || has_records(files_, out_)) return;
  throw Error(ErrorKind::conflict,
              fmt::format("{}: halftone did not write it (it holds \"{}\"{}, but no {} or {})", out_,
                          names.front(), names.size() > 1 ? fmt::format(" and {} more", names.size() - 1) : "",
                          kRecords[0], kRecords[1]),
              "--overwrite replaces only outputs of halftone; remove it by hand, or give another -o");
}

void OutputDirectory::take_lock() {
  const bool existed = files_.stat(lock_path_).exists;
  lock_ = files_.lock(lock_path_);
  require(lock_ != -EWOULDBLOCK, ErrorKind::conflict, "{}: another run is writing it (it holds {})", out_,
          lock_path_);
  require(lock_ >= 0, ErrorKind::resource, "{}: cannot be created ({})", lock_path_, std::strerror(-lock_));
  try {
    const FileStat stat = files_.stat(lock_path_);
    const bool known =
        stat.regular && stat.size <= kLockText.size() && kLockText.starts_with(read_file(files_, lock_path_));
    require(known, ErrorKind::conflict,
            "{}: is not a lock of halftone, and a run would use that name; move it, or give another -o",
            lock_path_);
    // An empty file that was there may be anybody's: it serves as the lock and stays.
    lock_is_ours_ = !existed || stat.size > 0;
    if (lock_is_ours_) write_file(files_, lock_path_, kLockText);
  } catch (...) {
    abandon();
    throw;
  }
}

void OutputDirectory::make_partial() {
  const FileStat stat = files_.stat(partial_);
  const bool ours = stat.directory && (files_.list(partial_).empty() || has_records(files_, partial_) ||
                                       files_.stat(join_path(partial_, kMarker)).regular);
  require(!is_link(files_, partial_) && (!stat.exists || ours), ErrorKind::conflict,
          "{}: halftone did not write it, and a run would use that name; move it, or give another -o",
          partial_);
  remove_own(files_, partial_);
  const int made = files_.make_directory(partial_);
  require(made == 0, ErrorKind::resource, "{}: cannot be created ({})", partial_, std::strerror(-made));
  made_ = true;
  write_file(files_, join_path(partial_, kMarker), "");
}

void OutputDirectory::abandon() {
  if (made_) remove_own(files_, partial_);
  if (lock_is_ours_) files_.remove_all(lock_path_);
  files_.close(lock_);
}

void OutputDirectory::commit() {
  const auto check = [&](int result, const char* what) {
    require(result == 0, ErrorKind::resource, "{}: {} failed ({})", out_, what, std::strerror(-result));
  };
  const bool replaces = files_.stat(out_).exists;
  require(!replaces || overwrite_, ErrorKind::conflict, "{}: appeared while the run was writing", out_);
  check_target();
  check(files_.remove_all(join_path(partial_, kMarker)), "removing the marker");
  check(files_.sync_directory(partial_), "syncing");
  if (replaces) {
    check(files_.exchange(partial_, out_), "replacing the old output");
    remove_own(files_, partial_);
  } else {
    check(files_.rename(partial_, out_), "renaming");
  }
  made_ = false;
  files_.sync_directory(parent_path(out_));
}

bool is_side_file(const std::string& name) {
  for (const char* suffix : {".safetensors", ".safetensors.index.json", ".bin", ".bin.index.json", ".pt",
                             ".pth", ".ckpt", ".pkl", ".gguf", ".h5", ".msgpack", ".onnx"}) {
    if (name.ends_with(suffix)) return false;
  }
  for (const char* record : {"recipe.resolved.yaml", "run.jsonl", "quality.json", "report.html"}) {
    if (name == record) return false;
  }
  return name != "config.json" && !name.starts_with(".");
}

std::vector<std::string> copy_side_files(FileSystem& files, const std::string& from, const std::string& to) {
  std::vector<std::string> copied;
  for (const auto& name : files.list(from)) {
    const std::string path = join_path(from, name);
    if (!is_side_file(name) || !files.stat(path).regular || files.stat(path).size > kLargestSideFile) continue;
    write_file(files, join_path(to, name), read_file(files, path, kLargestSideFile));
    copied.push_back(name);
  }
  return copied;
}

}  // namespace halftone
