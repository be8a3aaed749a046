#include "halftone/calib/dataset.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "halftone/base/error.h"
#include "halftone/base/json.h"
#include "halftone/base/seed.h"

namespace halftone {
namespace {

constexpr std::uint64_t kFileLimit = std::uint64_t{4} << 30;

bool is_picture_name(const std::string& name) {
  const size_t dot = name.find_last_of('.');
  if (dot == std::string::npos) return false;
  std::string suffix = name.substr(dot + 1);
  std::transform(suffix.begin(), suffix.end(), suffix.begin(), [](unsigned char c) { return std::tolower(c); });
  return suffix == "jpg" || suffix == "jpeg" || suffix == "png" || suffix == "webp";
}

std::vector<std::string> picture_names(const Json& record) {
  for (const char* key : {"video", "videos"}) {
    require(!has(record, key), ErrorKind::input, "holds a video; give its frames as pictures");
  }
  for (const char* key : {"image", "images"}) {
    if (!has(record, key)) continue;
    const Json& value = record[key];
    if (value.is_string()) return {value.get<std::string>()};
    require(value.is_array(), ErrorKind::input, "\"{}\" is neither a name nor a list of names", key);
    std::vector<std::string> names;
    for (const auto& name : value) {
      require(name.is_string(), ErrorKind::input, "\"{}\" holds something that is no name", key);
      names.push_back(name.get<std::string>());
    }
    return names;
  }
  return {};
}

ChatTurn read_turn(const Json& turn, int& next_picture) {
  const bool standard = has(turn, "from");
  const char* speaker = standard ? "from" : "role";
  const char* words = standard ? "value" : "content";
  require(has(turn, speaker) && turn[speaker].is_string() && has(turn, words) && turn[words].is_string(),
          ErrorKind::input, "a turn needs \"from\" and \"value\"");
  const std::string text = turn[words].get<std::string>();
  require(text.find("<video>") == std::string::npos, ErrorKind::input,
          "holds a video; give its frames as pictures");
  const std::string role = role_of_speaker(turn[speaker].get<std::string>());
  require(role == "system" || role == "user" || role == "assistant", ErrorKind::input,
          "a turn is by \"{}\", roles are system, user (human) and assistant (gpt)", role);
  return {role, parse_markers(text, "<image>", MarkerPlace::front, next_picture)};
}

void read_conversation(FileSystem& files, const DatasetSource& source, const Json& json, DataRecord& record) {
  record.pictures = record_pictures(files, source, json);
  const Json& turns = has(json, "conversations") ? json["conversations"] : json["messages"];
  record.turns = read_turns(turns, static_cast<int>(record.pictures.size()));
}

// Reads one record; a fault becomes a line of `bad`.
template <class Parse>
void try_record(const DatasetSource& source, size_t number, std::vector<DataRecord>& records, BadRecords& bad,
                const Parse& parse) {
  try {
    records.push_back(parse());
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::input && error.kind() != ErrorKind::unsupported) throw;
    bad.push_back(fmt::format("{}, record {}: {}", source.path, number, error.message()));
  }
}

std::vector<DataRecord> read_list(FileSystem& files, const DatasetSource& source, BadRecords& bad) {
  const Json root = parse_json(read_file(files, source.path, kFileLimit), source.path);
  require(root.is_array(), ErrorKind::input, "{}: expected a list of records", source.path);
  std::vector<DataRecord> records;
  for (size_t i = 0; i < root.size(); ++i) {
    try_record(source, i + 1, records, bad, [&] { return read_record(files, source, root[i], i + 1); });
  }
  return records;
}

std::vector<DataRecord> read_lines(FileSystem& files, const DatasetSource& source, BadRecords& bad) {
  const std::string text = read_file(files, source.path, kFileLimit);
  std::vector<DataRecord> records;
  size_t begin = 0, number = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    try_record(source, number, records, bad,
               [&] { return read_record(files, source, parse_json(line, "the line"), number); });
  }
  return records;
}

std::vector<DataRecord> read_folder(FileSystem& files, const DatasetSource& source) {
  std::vector<DataRecord> records;
  for (const auto& name : files.list(source.path)) {
    if (!is_picture_name(name) || !files.stat(join_path(source.path, name)).regular) continue;
    DataRecord record;
    record.id = name;
    record.origin = join_path(source.path, name);
    record.pictures.push_back({record.origin, {}});
    record.turns.push_back({"user", {ContentItem{"", 0}, ContentItem{source.prompt}}});
    records.push_back(std::move(record));
  }
  return records;
}

// Sources that can still give and are asked to.
double open_weight(const std::vector<std::int64_t>& room, const std::vector<double>& weights) {
  double sum = 0;
  for (size_t i = 0; i < room.size(); ++i) sum += room[i] > 0 ? weights[i] : 0;
  return sum;
}

// Gives whole what a source holds when its share is at least that. Whether there was such a source.
bool exhaust_one(std::vector<std::int64_t>& room, const std::vector<double>& weights,
                 std::vector<std::int64_t>& taken, std::int64_t& left) {
  const double open = open_weight(room, weights);
  for (size_t i = 0; i < room.size(); ++i) {
    const double share = open > 0 ? static_cast<double>(left) * weights[i] / open : 0;
    if (room[i] == 0 || weights[i] <= 0 || share < static_cast<double>(room[i])) continue;
    taken[i] = room[i];
    left -= std::exchange(room[i], 0);
    return true;
  }
  return false;
}

// How many records each source gives: its share, rounded by largest remainder, never more than it holds.
std::vector<std::int64_t> shares(const std::vector<std::vector<DataRecord>>& sources,
                                 const std::vector<double>& weights, std::int64_t count) {
  std::vector<std::int64_t> taken(sources.size(), 0), room;
  for (const auto& source : sources) room.push_back(static_cast<std::int64_t>(source.size()));
  std::int64_t left = count;
  while (exhaust_one(room, weights, taken, left)) {
  }
  const double open = open_weight(room, weights);
  if (open <= 0) return taken;
  std::vector<std::pair<double, size_t>> remainders;
  const std::int64_t total = left;
  for (size_t i = 0; i < room.size(); ++i) {
    if (room[i] == 0 || weights[i] <= 0) continue;
    const double share = static_cast<double>(total) * weights[i] / open;
    taken[i] = static_cast<std::int64_t>(share);
    left -= taken[i];
    remainders.emplace_back(std::floor(share) - share, i);
  }
  std::sort(remainders.begin(), remainders.end());
  for (size_t i = 0; i < remainders.size() && left > 0; ++i, --left) ++taken[remainders[i].second];
  return taken;
}

}  // namespace

std::vector<ChatTurn> read_turns(const Json& conversation, int pictures) {
  require(conversation.is_array() && !conversation.empty(), ErrorKind::input,
          "\"conversations\" is no list of turns");
  std::vector<ChatTurn> turns;
  int next_picture = 0;
  for (const auto& turn : conversation) turns.push_back(read_turn(turn, next_picture));
  if (next_picture == 0 && pictures > 0) {
    // Records without markers show their pictures before the first question.
    const auto first =
        std::find_if(turns.begin(), turns.end(), [](const ChatTurn& t) { return t.role == "user"; });
    require(first != turns.end(), ErrorKind::input, "no turn asks about its pictures");
    for (int i = pictures; i-- > 0;) first->content.insert(first->content.begin(), ContentItem{"", i});
    next_picture = pictures;
  }
  require(next_picture == pictures, ErrorKind::input, "{} <image> markers, but {} pictures", next_picture,
          pictures);
  return turns;
}

std::string find_picture(FileSystem& files, const DatasetSource& source, const std::string& name) {
  const std::string beside = parent_path(source.path);
  std::vector<std::string> places;
  if (!source.images.empty()) places.push_back(join_path(source.images, name));
  if (name.starts_with('/')) {
    places = {name};
  } else {
    places.push_back(join_path(beside, name));
    places.push_back(join_path(join_path(beside, "images"), name));
    if (!source.images.empty()) places.push_back(join_path(source.images, base_name(name)));
    places.push_back(join_path(join_path(beside, "images"), base_name(name)));
  }
  for (const auto& place : places) {
    if (files.stat(place).regular) return place;
  }
  fail(ErrorKind::input, "picture \"{}\" is not there (looked in {})", name, fmt::join(places, ", "));
}

std::vector<PictureRef> record_pictures(FileSystem& files, const DatasetSource& source, const Json& record) {
  std::vector<PictureRef> pictures;
  for (const auto& name : picture_names(record)) pictures.push_back({find_picture(files, source, name), {}});
  return pictures;
}

DataRecord read_record(FileSystem& files, const DatasetSource& source, const Json& json, size_t number) {
  DataRecord record;
  record.origin = fmt::format("{}, record {}", source.path, number);
  record.id = fmt::format("{}:{}", base_name(source.path), number);
  require(json.is_object(), ErrorKind::input, "not an object");
  if (has(json, "id")) record.id = json["id"].is_string() ? json["id"].get<std::string>() : json["id"].dump();
  if (has(json, "conversations") || has(json, "messages")) {
    read_conversation(files, source, json, record);
    return record;
  }
  require(picture_names(json).empty(), ErrorKind::input, "has pictures, but no \"conversations\" about them");
  if (has(json, "input_ids")) {
    record.ids = get_ints_or(json, "input_ids", {}, "the record");
    require(!record.ids.empty(), ErrorKind::input, "\"input_ids\" is empty");
  } else {
    require(has(json, "text") && json["text"].is_string(), ErrorKind::input,
            "has neither \"conversations\", \"text\" nor \"input_ids\"");
    record.text = json["text"].get<std::string>();
    require(!record.text.empty(), ErrorKind::input, "\"text\" is empty");
  }
  return record;
}

std::vector<DataRecord> read_dataset(FileSystem& files, const DatasetSource& source, BadRecords& bad) {
  const FileStat stat = files.stat(source.path);
  require(stat.exists, ErrorKind::input, "{}: no such file or folder", source.path);
  if (stat.directory) return read_folder(files, source);
  if (source.path.ends_with(".jsonl")) return read_lines(files, source, bad);
  require(source.path.ends_with(".json"), ErrorKind::unsupported,
          "{}: not a kind of data file that is read here (.json, .jsonl, or a folder of pictures)",
          source.path);
  return read_list(files, source, bad);
}

std::vector<DataRecord> draw_records(std::vector<std::vector<DataRecord>> sources,
                                     const std::vector<double>& weights, std::int64_t count,
                                     std::uint64_t seed) {
  const std::vector<std::int64_t> taken = shares(sources, weights, count);
  std::vector<DataRecord> drawn;
  for (size_t i = 0; i < sources.size(); ++i) {
    const auto order = shuffled(sources[i].size(), seed_for(seed, "source", std::to_string(i)));
    for (std::int64_t k = 0; k < taken[i]; ++k) {
      drawn.push_back(std::move(sources[i][order[static_cast<size_t>(k)]]));
    }
  }
  const auto order = shuffled(drawn.size(), seed_for(seed, "mix"));
  std::vector<DataRecord> mixed;
  mixed.reserve(drawn.size());
  for (const size_t at : order) mixed.push_back(std::move(drawn[at]));
  return mixed;
}

}  // namespace halftone
