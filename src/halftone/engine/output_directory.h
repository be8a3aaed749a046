// The output directory: filled beside its name, synced, and renamed when complete. Whatever fails, OUT is
// either what it was before or complete.
#pragma once

#include <string>

#include "halftone/io/file.h"

namespace halftone {

class OutputDirectory {
 public:
  // Takes the lock "<out>.lock" and makes "<out>.partial". Throws Error(conflict) when OUT exists without
  // `overwrite` or another process holds the lock; Error(usage) when OUT is `source`, lies inside it or holds
  // it, or its parent is missing. What a killed run left under .partial is removed.
  OutputDirectory(FileSystem& files, const std::string& out, const std::string& source, bool overwrite);
  // Without commit(): removes the partial directory and the lock.
  ~OutputDirectory();
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;

  const std::string& partial() const { return partial_; }
  // Makes the directory complete under its own name.
  void commit();

 private:
  void make_partial();
  void release();
  FileSystem& files_;
  std::string out_, partial_, lock_path_;
  int lock_ = -1;
  bool overwrite_, committed_ = false;
};

// Copies the small files of a checkpoint (tokenizer, processors, templates, code) byte for byte; weights,
// config.json, the records of a run that made the checkpoint and subfolders stay behind. Returns the names
// copied.
std::vector<std::string> copy_side_files(FileSystem& files, const std::string& from, const std::string& to);

// Whether a file of a checkpoint directory is one that copy_side_files takes.
bool is_side_file(const std::string& name);

}  // namespace halftone
