#include "halftone/eval/stop_ids.h"

#include <array>

#include "halftone/base/error.h"

namespace halftone {
namespace {

constexpr std::uint64_t kSmallFile = 1 << 20;
constexpr const char* kKey = "eos_token_id";

std::set<std::int64_t> read_ids(const Json& object, const std::string& origin) {
  if (!object.is_object() || !has(object, kKey)) return {};
  if (!object[kKey].is_array()) return {get_int(object, kKey, origin)};
  const auto ids = get_ints_or(object, kKey, {}, origin);
  return {ids.begin(), ids.end()};
}

std::set<std::int64_t> config_ids(const Json& config, const std::string& origin) {
  std::set<std::int64_t> ids = read_ids(config, origin);
  for (const char* part : std::array{"text_config", "llm_config"}) {
    if (ids.empty() && has(config, part)) ids = read_ids(config[part], origin);
  }
  return ids;
}

// White space around the token does not count: a template may end a turn with a line break.
std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \n\t\r");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \n\t\r") - first + 1);
}

}  // namespace

std::set<std::int64_t> stop_ids(FileSystem& files, const std::string& directory, const Json& config,
                                const ChatFormat& chat, const Tokenizer& tokenizer) {
  const std::string path = join_path(directory, "generation_config.json");
  std::set<std::int64_t> ids;
  if (files.stat(path).exists) ids = read_ids(parse_json(read_file(files, path, kSmallFile), path), path);
  if (ids.empty()) ids = config_ids(config, join_path(directory, "config.json"));
  const auto end = tokenizer.id_of(trimmed(chat.assistant.suffix));
  if (end && tokenizer.is_special(*end)) ids.insert(*end);
  require(!ids.empty(), ErrorKind::input, "{}: neither generation_config.json nor config.json has \"{}\"",
          directory, kKey);
  return ids;
}

}  // namespace halftone
