#include "halftone/calib/json_rows.h"

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "halftone/base/error.h"
#include "halftone/calib/dataset.h"
#include "halftone/calib/python_literal.h"

namespace halftone {
namespace {

constexpr std::uint64_t kFileLimit = std::uint64_t{4} << 30;

std::string key_of(const Json& object, std::size_t number) {
  for (const char* name : {"index", "id", "question_id"}) {
    if (has(object, name)) return python_text(object[name]);
  }
  return std::to_string(number);
}

// The words of the first turn of a role.
std::string words_of(const DataRecord& record, const std::string& role) {
  const auto turn =
      std::find_if(record.turns.begin(), record.turns.end(), [&](const ChatTurn& t) { return t.role == role; });
  std::string words;
  if (turn == record.turns.end()) return words;
  for (const auto& item : turn->content) words += item.text;
  return words;
}

void fill_conversation(FileSystem& files, const DatasetSource& source, const Json& object, std::size_t number,
                       EvalRow& row) {
  const DataRecord record = read_record(files, source, object, number);
  row.images = record.pictures;
  row.columns["conversations"] =
      (has(object, "conversations") ? object["conversations"] : object["messages"]).dump();
  for (const auto& [column, role] : {std::pair("question", "user"), std::pair("answer", "assistant")}) {
    if (const std::string words = words_of(record, role); !words.empty()) row.columns[column] = words;
  }
}

bool is_row_value(const Json& value) {
  const auto scalar = [](const Json& item) { return !item.is_object() && !item.is_array(); };
  return scalar(value) || (value.is_array() && std::all_of(value.begin(), value.end(), scalar));
}

void fill_columns(const Json& object, EvalRow& row) {
  for (const auto& [key, value] : object.items()) {
    if (key == "image" || key == "images" || key == "conversations" || key == "messages" || value.is_null())
      continue;
    if (is_row_value(value)) row.columns.emplace(key, python_text(value));
  }
}

// Rows that are read when they are asked for, and the first row of each key.
class JsonRows {
 public:
  JsonRows(FileSystem& files, EvalSource source) : files_(files), source_(std::move(source)) {
    source_.path.ends_with(".jsonl") ? find_lines() : read_list();
    for (std::size_t i = 0; i < size(); ++i) note_key(i);
  }

  std::size_t size() const { return file_ ? lines_.size() : list_.size(); }

  EvalRow row(std::size_t i) const {
    const EvalRow row = json_row(files_, source_, object(i), i + 1);
    const std::size_t first = places_.at(row.index);
    require(first == i, ErrorKind::input, "the index \"{}\" stands twice, first in row {}", clipped(row.index),
            first + 1);
    return row;
  }

 private:
  struct Line {
    std::uint64_t begin = 0, length = 0;
  };

  void read_list() {
    list_ = parse_json(read_file(files_, source_.path, kFileLimit), source_.path);
    require(list_.is_array(), ErrorKind::input, "{}: expected a list of rows", source_.path);
  }

  void find_lines() {
    file_ = std::make_unique<InputFile>(files_, source_.path);
    std::string chunk;
    Line line;
    bool blank = true;
    const auto end_line = [&](std::uint64_t end) {
      line.length = end - line.begin;
      if (!blank) lines_.push_back(line);
      line.begin = end + 1;
      blank = true;
    };
    for (std::uint64_t at = 0; at < file_->size(); at += chunk.size()) {
      chunk.resize(std::min<std::uint64_t>(std::uint64_t{4} << 20, file_->size() - at));
      file_->read(std::as_writable_bytes(std::span(chunk)), at);
      for (std::size_t i = 0; i < chunk.size(); ++i) {
        if (chunk[i] == '\n') end_line(at + i);
        blank = blank && (chunk[i] == ' ' || chunk[i] == '\t' || chunk[i] == '\r' || chunk[i] == '\n');
      }
    }
    if (!blank) end_line(file_->size());
  }

  Json object(std::size_t i) const {
    if (!file_) return list_[i];
    require(lines_[i].length <= std::uint64_t{1} << 30, ErrorKind::input, "it is {} bytes long",
            lines_[i].length);
    std::string text(lines_[i].length, '\0');
    file_->read(std::as_writable_bytes(std::span(text)), lines_[i].begin);
    return parse_json(text, "the line");
  }

  // A broken row has no key; it is named when it is asked for.
  void note_key(std::size_t i) {
    try {
      places_.emplace(key_of(object(i), i + 1), i);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::input) throw;
    }
  }

  FileSystem& files_;
  EvalSource source_;
  Json list_;                        // of a .json
  std::unique_ptr<InputFile> file_;  // of a .jsonl
  std::vector<Line> lines_;
  std::unordered_map<std::string, std::size_t> places_;
};

}  // namespace

EvalRow json_row(FileSystem& files, const EvalSource& source, const Json& object, std::size_t number) {
  require(object.is_object(), ErrorKind::input, "not an object");
  require(!has(object, "input_ids"), ErrorKind::input,
          "\"input_ids\" hold no question; give texts or conversations");
  const DatasetSource places{source.path, 1, "", source.images};
  EvalRow row;
  row.index = key_of(object, number);
  if (has(object, "conversations") || has(object, "messages")) {
    fill_conversation(files, places, object, number, row);
  } else {
    row.images = record_pictures(files, places, object);
  }
  fill_columns(object, row);
  return row;
}

EvalTable open_json_rows(FileSystem& files, const EvalSource& source) {
  const auto rows = std::make_shared<const JsonRows>(files, source);
  return {{}, rows->size(), 0, [rows](std::size_t i) { return rows->row(i); }};
}

}  // namespace halftone
