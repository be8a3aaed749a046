#include "halftone/io/checkpoint_files.h"

#include <algorithm>
#include <set>
#include <utility>

#include "halftone/base/error.h"
#include "halftone/base/json.h"

namespace halftone {
namespace {

constexpr const char* kIndex = "model.safetensors.index.json";
constexpr const char* kSingle = "model.safetensors";
constexpr std::uint64_t kIndexLimit = 256u << 20;

// Reads {"metadata": {...}, "weight_map": {"tensor": "shard"}}; a vocabulary-sized map is no reason for a tree.
class IndexEvents final : public JsonEvents {
 public:
  IndexEvents(const std::string& path, std::map<std::string, std::string>& shard_of)
      : JsonEvents(path), shard_of_(shard_of) {}
  bool found() const { return found_; }

  bool start_object(std::size_t) override {
    if (in_map_ && depth_ == 2) refuse("an object in weight_map");
    ++depth_;
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1) in_map_ = name == "weight_map";
    if (depth_ == 1 && in_map_ && std::exchange(found_, true)) refuse("a second weight_map");
    if (depth_ == 2 && in_map_) tensor_ = name;
    return true;
  }
  bool string(string_t& value) override {
    if (!in_map_) return scalar("a string");
    if (depth_ != 2) refuse("a string as weight_map");
    require(shard_of_.emplace(tensor_, value).second, ErrorKind::input, "{}: \"{}\" stands twice in weight_map",
            origin(), clipped(tensor_));
    return true;
  }
  bool null() override { return scalar("null"); }
  bool boolean(bool) override { return scalar("true or false"); }
  bool number_integer(number_integer_t) override { return scalar("a number"); }
  bool number_unsigned(number_unsigned_t) override { return scalar("a number"); }
  bool number_float(number_float_t, const string_t&) override { return scalar("a number"); }
  bool start_array(std::size_t) override { return scalar("a list"); }
  bool end_array() override { return true; }

 private:
  bool scalar(const char* what) {
    if (depth_ == 0) refuse(what);
    if (in_map_) refuse(std::string(what) + " in weight_map");
    return true;
  }
  std::map<std::string, std::string>& shard_of_;
  std::string tensor_;
  int depth_ = 0;
  bool in_map_ = false, found_ = false;
};

void check_name(const std::string& shard, const std::string& index_path) {
  const bool plain = !shard.empty() && shard != "." && shard != ".." && shard.find('/') == std::string::npos &&
                     shard.find('\\') == std::string::npos && shard.find('\0') == std::string::npos &&
                     shard.find(':') == std::string::npos;
  require(plain, ErrorKind::input, "{}: shard name \"{}\" leaves the model directory or is no file name",
          index_path, clipped(shard));
}

bool lists(FileSystem& files, const std::string& directory, const std::string& name) {
  const auto names = files.list(directory);
  return std::binary_search(names.begin(), names.end(), name);
}

// A link may end inside the directory or in <cache>/models--x--y/blobs when the directory is a snapshot of it.
void check_containment(FileSystem& files, const std::string& directory, const std::string& name) {
  const std::string path = join_path(directory, name);
  const std::string real = files.resolve(path);
  const std::string root = files.resolve(directory);
  if (real.empty()) {
    const bool link = lists(files, directory, name);
    fail(ErrorKind::input, "{}: {}", path,
         link ? "a broken link (an unfinished download?)" : "the index names it, but it is missing");
  }
  const std::string snapshots = parent_path(root);
  const bool inside = real.starts_with(join_path(root, ""));
  const bool cached =
      base_name(snapshots) == "snapshots" && real.starts_with(parent_path(snapshots) + "/blobs/");
  require(inside || cached, ErrorKind::input, "{}: links to {}, outside the model directory", path, real);
}

[[noreturn]] void fail_empty(FileSystem& files, const std::string& directory) {
  // Links whose target is missing are listed though they do not exist.
  for (const char* name : {kIndex, kSingle}) {
    if (lists(files, directory, name)) check_containment(files, directory, name);
  }
  for (const auto& name : files.list(directory)) {
    const bool pickled = name.ends_with(".bin") || name.ends_with(".pt") || name.ends_with(".pth") ||
                         name.ends_with(".ckpt") || name.ends_with(".pkl");
    require(!pickled, ErrorKind::unsupported,
            "{}: only pickled weights ({}); halftone never unpickles, convert the checkpoint to safetensors",
            directory, name);
  }
  fail(ErrorKind::input, "{}: neither {} nor {} is there", directory, kIndex, kSingle);
}

}  // namespace

CheckpointFiles find_checkpoint_files(FileSystem& files, const std::string& directory) {
  require(files.stat(directory).directory, ErrorKind::input, "{}: no such directory", directory);
  CheckpointFiles result{directory, {}, {}, {}};
  const std::string index_path = join_path(directory, kIndex);
  if (files.stat(index_path).exists) {
    check_containment(files, directory, kIndex);
    IndexEvents events(index_path, result.shard_of);
    read_json_events(read_file(files, index_path, kIndexLimit), events, index_path);
    require(events.found() && !result.shard_of.empty(), ErrorKind::input, "{}: has no weight_map", index_path);
    std::set<std::string> shards;
    for (const auto& [tensor, shard] : result.shard_of) shards.insert(shard);
    result.shards.assign(shards.begin(), shards.end());
  } else if (files.stat(join_path(directory, kSingle)).exists) {
    result.shards = {kSingle};
  } else {
    fail_empty(files, directory);
  }
  for (const auto& shard : result.shards) {
    check_name(shard, index_path);
    check_containment(files, directory, shard);
    const std::string path = join_path(directory, shard);
    require(files.stat(path).regular, ErrorKind::input, "{}: not a regular file", path);
  }
  for (const auto& name : files.list(directory)) {
    const bool known = std::binary_search(result.shards.begin(), result.shards.end(), name);
    if (name.ends_with(".safetensors") && !known) result.unlisted.push_back(name);
  }
  return result;
}

}  // namespace halftone
