#include "halftone/engine/output_directory.h"

#include <cerrno>
#include <cstring>

#include "halftone/base/error.h"

namespace halftone {
namespace {

constexpr std::uint64_t kLargestSideFile = std::uint64_t{1} << 30;

// `path` as it would resolve once it exists.
std::string resolved(FileSystem& files, const std::string& path) {
  const std::string real = files.resolve(path);
  return real.empty() ? join_path(files.resolve(parent_path(path)), base_name(path)) : real;
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

OutputDirectory::OutputDirectory(FileSystem& files, const std::string& out, const std::string& source,
                                 bool overwrite)
    : files_(files), out_(without_slash(out)), overwrite_(overwrite) {
  require(!base_name(out_).empty() && base_name(out_) != "." && base_name(out_) != "..", ErrorKind::usage,
          "-o {}: not a name for an output directory", out);
  require(files.stat(parent_path(out_)).directory, ErrorKind::usage,
          "{}: the folder it should go into does not exist", out_);
  const std::string real_out = resolved(files, out_), real_source = resolved(files, source);
  const bool overlap =
      (real_out + "/").starts_with(real_source + "/") || (real_source + "/").starts_with(real_out + "/");
  require(!overlap, ErrorKind::usage, "{}: overlaps the source checkpoint {}", out_, source);
  const FileStat stat = files.stat(out_);
  require(!stat.exists || stat.directory, ErrorKind::conflict, "{}: exists and is no directory", out_);
  if (stat.exists && !overwrite)
    throw Error(ErrorKind::conflict, out_ + ": exists already",
                "give another -o, or --overwrite to replace it");
  lock_path_ = out_ + ".lock";
  partial_ = out_ + ".partial";
  lock_ = files.lock(lock_path_);
  require(lock_ != -EWOULDBLOCK, ErrorKind::conflict, "{}: another run is writing it (it holds {})", out_,
          lock_path_);
  require(lock_ >= 0, ErrorKind::resource, "{}: cannot be created ({})", lock_path_, std::strerror(-lock_));
  try {
    make_partial();
  } catch (...) {
    release();
    throw;
  }
}

OutputDirectory::~OutputDirectory() {
  if (!committed_) files_.remove_all(partial_);
  release();
}

void OutputDirectory::make_partial() {
  files_.remove_all(partial_);
  const int made = files_.make_directory(partial_);
  require(made == 0, ErrorKind::resource, "{}: cannot be created ({})", partial_, std::strerror(-made));
}

void OutputDirectory::release() {
  files_.remove_all(lock_path_);
  files_.close(lock_);
}

void OutputDirectory::commit() {
  const auto check = [&](int result, const char* what) {
    require(result == 0, ErrorKind::resource, "{}: {} failed ({})", out_, what, std::strerror(-result));
  };
  check(files_.sync_directory(partial_), "syncing");
  if (files_.stat(out_).exists) {
    require(overwrite_, ErrorKind::conflict, "{}: appeared while the run was writing", out_);
    check(files_.exchange(partial_, out_), "replacing the old output");
    committed_ = true;
    files_.remove_all(partial_);
  } else {
    check(files_.rename(partial_, out_), "renaming");
    committed_ = true;
  }
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
