// Running the real program, and checkpoints that a test may spoil.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/temp_directory.h"
#include <sys/types.h>

#include "halftone/base/json.h"

namespace halftone::e2e {

extern const std::string kModel;     // the example checkpoint
extern const std::string kPictures;  // pictures of known content

struct Finished {
  int code = -1;  // exit code; 128 + the signal's number for a program that a signal ended
  std::string out, err;
};

// The program, started with `arguments`; waits for it at the latest in the destructor.
class Program {
 public:
  // `before`: shell text run before the program takes the shell's place ("ulimit -f 100").
  explicit Program(const std::vector<std::string>& arguments, const std::string& before = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void signal(int number) const;
  Finished wait();

 private:
  TempDirectory files_;
  pid_t process_;
  bool running_ = true;
};

Finished halftone(const std::vector<std::string>& arguments);

// A refusal as every one should be: the exit code, nothing on stdout, one "error:" line that is a sentence, no
// lines but its context and hints (progress and warnings aside), and every piece somewhere in the text.
void expect_refusal(const Finished& finished, int code, const std::vector<std::string>& pieces);

std::string read_text(const std::string& path);
void write_text(const std::string& path, const std::string& text);
// Names in a directory, sorted; those below it as "folder/name".
std::vector<std::string> names_in(const std::string& directory);
// Content of every file below a directory, by name.
std::map<std::string, std::string> contents_of(const std::string& directory);

// A safetensors file's header, parsed here and not by the library: {"name": {"dtype", "shape",
// "data_offsets"}}.
Json header_of(const std::string& path);

// A copy of the example checkpoint.
class ModelCopy {
 public:
  ModelCopy();
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  std::string shard_of(const std::string& tensor) const;  // full path
  void edit_json(const std::string& name, const std::function<void(Json&)>& edit) const;
  // Changes the header of the tensor's shard; its data stays as it is.
  void edit_header(const std::string& tensor, const std::function<void(Json& header)>& edit) const;
  // Overwrites bytes of a tensor.
  void poke(const std::string& tensor, std::size_t offset, const std::string& bytes) const;

 private:
  TempDirectory directory_;
  std::string path_;
};

// A conversation about one picture.
Json record_about(const std::string& id, const std::string& picture);
// Writes `count` conversations about good pictures and returns the file's path.
std::string write_conversations(const TempDirectory& directory, int count);

}  // namespace halftone::e2e
