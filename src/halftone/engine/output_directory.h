// The output directory: filled beside its name, synced, and renamed when complete. Whatever fails, OUT is
// either what it was before or complete, and nothing is removed that halftone did not write.
#pragma once

#include <string>
#include <vector>

#include "halftone/io/file.h"

namespace halftone {

class OutputDirectory {
 public:
  // Takes the lock "<out>.lock" and makes "<out>.partial" with a marker file in it; where `out` is a link, both
  // stand beside what it points to, and that is what gets replaced. What a killed run left is removed.
  // Throws Error(usage) when OUT is `source`, lies inside it or holds it, when its parent is missing, or when
  // it is a link to nothing; Error(conflict) when OUT exists without `overwrite`, when it holds files but no
  // record of a run at its top, when another process holds the lock, or when somebody else's things stand under
  // .partial or .lock.
  OutputDirectory(FileSystem& files, const std::string& out, const std::string& source, bool overwrite);
  // Without commit(): removes the partial directory and the lock.
  ~OutputDirectory();
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;

  const std::string& partial() const { return partial_; }
  // Makes the directory complete under its own name. Throws Error(conflict) when what stands there may not be
  // replaced by now.
  void commit();

 private:
  void place(const std::string& source);
  void check_target() const;
  void take_lock();
  void make_partial();
  void abandon();
  FileSystem& files_;
  std::string out_, partial_, lock_path_;
  int lock_ = -1;
  bool overwrite_, lock_is_ours_ = false, made_ = false;
};

// Copies the small files of a checkpoint (tokenizer, processors, templates, code) byte for byte; weights,
// config.json, the records of a run that made the checkpoint and subfolders stay behind. Returns the names
// copied.
std::vector<std::string> copy_side_files(FileSystem& files, const std::string& from, const std::string& to);

// Whether a file of a checkpoint directory is one that copy_side_files takes.
bool is_side_file(const std::string& name);

}  // namespace halftone
