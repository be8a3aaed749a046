// For tests of links, pipes and permissions: a directory on the disk that goes away.
#pragma once

#include <filesystem>
#include <string>

#include <stdlib.h>

namespace halftone {

class TempDirectory {
 public:
  TempDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "halftone-test-XXXXXX").string();
    // Resolved, since the tests compare paths and the temporary directory may itself be a link.
    if (::mkdtemp(name.data())) path_ = std::filesystem::canonical(name).string();
  }
  ~TempDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace halftone
