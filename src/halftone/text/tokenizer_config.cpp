#include "halftone/text/tokenizer_config.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "halftone/base/error.h"
#include "halftone/base/json.h"
#include "halftone/text/pipeline_json.h"

namespace halftone {
namespace {

constexpr std::uint64_t kLimit = 16u << 20;

// A token is named by its content, or by an object that holds it.
std::string named_token(const Json& value, const std::string& origin) {
  if (value.is_object()) return get_string_or(value, "content", "", origin);
  return value.is_string() ? value.get<std::string>() : "";
}

std::string token_of(const Json& config, const std::string& key, const std::string& origin) {
  return has(config, key) ? named_token(config[key], origin) : "";
}

std::int64_t id_of_key(const std::string& key, const std::string& origin) {
  std::int64_t id = -1;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
  require(error == std::errc() && end == key.data() + key.size(), ErrorKind::input,
          "{}: added_tokens_decoder has the key \"{}\", expected an id", origin, key);
  return id;
}

std::vector<AddedToken> decoder_tokens(const Json& config, const std::string& origin) {
  std::vector<AddedToken> tokens;
  if (!has(config, "added_tokens_decoder")) return tokens;
  const Json& list = config["added_tokens_decoder"];
  require(list.is_object(), ErrorKind::input, "{}: added_tokens_decoder must be an object", origin);
  for (const auto& [key, value] : list.items()) {
    tokens.push_back(read_added_token(value, origin));
    tokens.back().id = id_of_key(key, origin);
  }
  return tokens;
}

// The tokens that the config calls special.
std::set<std::string> special_names(const Json& config, const std::string& origin) {
  std::set<std::string> names;
  for (const auto& [key, value] : config.items()) {
    if (key.ends_with("_token")) names.insert(named_token(value, origin));
  }
  if (has(config, "additional_special_tokens")) {
    for (const auto& value : config["additional_special_tokens"]) names.insert(named_token(value, origin));
  }
  return names;
}

// Adds {"content": id} entries that `tokens` does not have yet.
void add_named_tokens(const Json& list, const std::set<std::string>& special, std::vector<AddedToken>& tokens,
                      const std::string& origin) {
  require(list.is_object(), ErrorKind::input, "{}: must be an object of tokens and ids", origin);
  for (const auto& [content, value] : list.items()) {
    const std::int64_t id = get_int(list, content, origin);
    const auto same = [name = content](const AddedToken& token) { return token.content == name; };
    const auto known = std::find_if(tokens.begin(), tokens.end(), same);
    require(known == tokens.end() || known->id == id, ErrorKind::input,
            "{}: \"{}\" has the id {} here and {} in tokenizer_config.json", origin, content, id,
            known == tokens.end() ? id : known->id);
    if (known != tokens.end()) continue;
    AddedToken token{content, id};
    token.special = special.contains(content);
    token.normalized = !token.special;
    tokens.push_back(std::move(token));
  }
}

}  // namespace

TokenizerConfig read_tokenizer_config(FileSystem& files, const std::string& directory) {
  TokenizerConfig result;
  result.path = join_path(directory, "tokenizer_config.json");
  Json config = Json::object();
  if (files.stat(result.path).exists) config = parse_json(read_file(files, result.path, kLimit), result.path);
  require(config.is_object(), ErrorKind::input, "{}: must be an object", result.path);
  result.tokenizer_class = get_string_or(config, "tokenizer_class", "", result.path);
  result.added_tokens = decoder_tokens(config, result.path);
  result.bos_token = token_of(config, "bos_token", result.path);
  result.eos_token = token_of(config, "eos_token", result.path);
  if (has(config, "add_bos_token")) result.add_bos = get_bool_or(config, "add_bos_token", false, result.path);
  if (has(config, "add_eos_token")) result.add_eos = get_bool_or(config, "add_eos_token", false, result.path);
  const std::string added_path = join_path(directory, "added_tokens.json");
  if (files.stat(added_path).exists) {
    const Json list = parse_json(read_file(files, added_path, kLimit), added_path);
    add_named_tokens(list, special_names(config, result.path), result.added_tokens, added_path);
  }
  std::stable_sort(result.added_tokens.begin(), result.added_tokens.end(),
                   [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
  return result;
}

}  // namespace halftone
