#include "tests/e2e/program.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace halftone::e2e {
namespace {

namespace fs = std::filesystem;

void redirect(int stream, const std::string& path) {
  const int handle = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (handle < 0 || ::dup2(handle, stream) < 0) ::_exit(125);
}

std::uint64_t header_bytes(const std::string& content) {
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(content[i]);
  return length;
}

}  // namespace

const std::string kModel = std::string(HALFTONE_EXAMPLES) + "/mini-qwen2vl";
const std::string kPictures = std::string(HALFTONE_GOLDENS) + "/images";

Program::Program(const std::vector<std::string>& arguments, const std::string& before) {
  const std::string script = (before.empty() ? "" : before + "; ") + "exec \"$@\"";
  std::vector<std::string> words = {"/bin/sh", "-c", script, "sh", HALFTONE_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string out = files_ / "out", err = files_ / "err";
  process_ = ::fork();
  if (process_ != 0) return;
  ::setenv("OMP_NUM_THREADS", "1", 0);
  std::signal(SIGHUP, SIG_DFL);  // whatever started the tests may ignore it
  redirect(STDOUT_FILENO, out);
  redirect(STDERR_FILENO, err);
  ::execv("/bin/sh", argv.data());
  ::_exit(126);
}

Program::~Program() {
  if (!running_) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

void Program::signal(int number) const { ::kill(process_, number); }

Finished Program::wait() {
  int status = 0;
  ::waitpid(process_, &status, 0);
  running_ = false;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, read_text(files_ / "out"), read_text(files_ / "err")};
}

Finished halftone(const std::vector<std::string>& arguments) { return Program(arguments).wait(); }

void expect_refusal(const Finished& finished, int code, const std::vector<std::string>& pieces) {
  SCOPED_TRACE(finished.err);
  EXPECT_EQ(finished.code, code);
  EXPECT_EQ(finished.out, "");
  int errors = 0;
  std::istringstream lines(finished.err);
  for (std::string line; std::getline(lines, line);) {
    const bool talk = line.find(" blocks, ") != std::string::npos || line.starts_with("warning: ");
    errors += line.starts_with("error: ");
    EXPECT_TRUE(talk || line.starts_with("error: ") || line.starts_with("  ")) << line;
  }
  EXPECT_EQ(errors, 1);
  for (const auto& piece : pieces) EXPECT_THAT(finished.err, testing::HasSubstr(piece));
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  EXPECT_TRUE(file.flush()) << path;
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    names.push_back(fs::relative(entry.path(), directory).string());
  std::sort(names.begin(), names.end());
  return names;
}

std::map<std::string, std::string> contents_of(const std::string& directory) {
  std::map<std::string, std::string> contents;
  for (const auto& name : names_in(directory)) {
    const std::string path = directory + "/" + name;
    if (fs::is_regular_file(path)) contents[name] = read_text(path);
  }
  return contents;
}

Json header_of(const std::string& path) {
  const std::string content = read_text(path);
  return Json::parse(content.substr(8, header_bytes(content)));
}

ModelCopy::ModelCopy() : path_(directory_ / "model") { fs::copy(kModel, path_, fs::copy_options::recursive); }

std::string ModelCopy::shard_of(const std::string& tensor) const {
  const Json index = Json::parse(read_text(*this / "model.safetensors.index.json"));
  return *this / index["weight_map"][tensor].get<std::string>();
}

void ModelCopy::edit_json(const std::string& name, const std::function<void(Json&)>& edit) const {
  Json json = Json::parse(read_text(*this / name));
  edit(json);
  write_text(*this / name, json.dump(2));
}

void ModelCopy::edit_header(const std::string& tensor, const std::function<void(Json& header)>& edit) const {
  const std::string path = shard_of(tensor), content = read_text(path);
  const std::uint64_t length = header_bytes(content);
  Json header = Json::parse(content.substr(8, length));
  edit(header);
  const std::string text = header.dump();
  std::string prefix(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) prefix[i] = static_cast<char>(text.size() >> (8 * i));
  write_text(path, prefix + text + content.substr(8 + length));
}

void ModelCopy::poke(const std::string& tensor, std::size_t offset, const std::string& bytes) const {
  const std::string path = shard_of(tensor);
  std::string content = read_text(path);
  const std::uint64_t length = header_bytes(content);
  const auto begin = Json::parse(content.substr(8, length))[tensor]["data_offsets"][0].get<std::size_t>();
  content.replace(8 + length + begin + offset, bytes.size(), bytes);
  write_text(path, content);
}

Json record_about(const std::string& id, const std::string& picture) {
  return {{"id", id},
          {"image", picture},
          {"conversations",
           {{{"from", "human"}, {"value", "<image>\nWhat is written here, and on what?"}},
            {{"from", "gpt"}, {"value", "A word on a sign, as " + id + " says."}}}}};
}

std::string write_conversations(const TempDirectory& directory, int count) {
  const std::vector<std::string> pictures = {"scene-112.png", "scene-84x140.png", "jpeg-gray.jpg"};
  Json records = Json::array();
  for (int i = 0; i < count; ++i)
    records.push_back(record_about("s" + std::to_string(i), pictures[static_cast<std::size_t>(i) % 3]));
  write_text(directory / "conversations.json", records.dump());
  return directory / "conversations.json";
}

}  // namespace halftone::e2e
