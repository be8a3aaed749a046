#include "halftone/eval/answer_file.h"

#include <string_view>
#include <vector>

#include "halftone/base/error.h"
#include "halftone/io/hash.h"

namespace halftone {
namespace {

constexpr std::uint64_t kLargestFile = std::uint64_t{4} << 30;

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

RowAnswer read_answer(const Json& json, const std::string& origin) {
  RowAnswer out;
  out.index = get_string_or(json, "index", "", origin);
  out.row = get_string_or(json, "row", "", origin);
  require(!out.row.empty(), ErrorKind::input, "{}: no answer: \"row\" is missing", origin);
  if (has(json, "nll")) {
    out.likelihood = {get_double_or(json, "nll", 0, origin), get_int(json, "tokens", origin), ""};
    return out;
  }
  require(has(json, "answer"), ErrorKind::input, "{}: no answer: \"answer\" is missing", origin);
  out.answer.text = get_string_or(json, "answer", "", origin);
  out.answer.ids = get_ints_or(json, "ids", {}, origin);
  out.answer.prompt_tokens = get_int(json, "prompt_tokens", origin);
  out.answer.finish = get_string_or(json, "finish", "", origin) == "length" ? Finish::length : Finish::stop;
  return out;
}

// The whole lines of a file; a torn last one is left out.
std::vector<std::string> whole_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t first = 0, end; (end = text.find('\n', first)) != std::string::npos; first = end + 1)
    lines.push_back(text.substr(first, end - first));
  return lines;
}

}  // namespace

std::string row_hash(FileSystem& files, const EvalRow& row) {
  Hash64 hash;
  const auto add = [&](std::string_view text) {
    const std::uint64_t size = text.size();
    hash.add(std::as_bytes(std::span(&size, 1)));
    hash.add(std::as_bytes(std::span(text)));
  };
  for (const auto& [column, text] : row.columns) {
    add(column);
    add(text);
  }
  for (const auto& picture : row.images) hash.add(picture.load(files));
  return hash.hex();
}

AnswerFile::AnswerFile(FileSystem& files, const std::string& path, const Json& header)
    : file_(files, path + ".partial") {
  Json first = {{"kind", "evaluation"}};
  first.update(header);
  append(line_of(first));
  std::vector<std::string> lines;
  if (files.stat(path).exists) lines = whole_lines(read_file(files, path, kLargestFile));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string origin = fmt::format("{}, line {}", path, i + 1);
    const Json json = parse_json(lines[i], origin);
    if (i == 0) {
      require(json == parse_json(line_of(first), path), ErrorKind::conflict,
              "{}: holds another evaluation; give another results directory, or remove it", path);
      continue;
    }
    RowAnswer answer = read_answer(json, origin);
    append(lines[i] + "\n");
    answers_.insert_or_assign(answer.index, std::move(answer));
  }
  file_.sync();
  require(files.rename(path + ".partial", path) == 0, ErrorKind::resource, "{}: cannot be written", path);
}

const RowAnswer* AnswerFile::find(const std::string& index, const std::string& row) const {
  const auto found = answers_.find(index);
  return found == answers_.end() || found->second.row != row ? nullptr : &found->second;
}

void AnswerFile::append(const std::string& line) {
  file_.write(std::as_bytes(std::span(line)), size_);
  size_ += line.size();
}

void AnswerFile::add(TaskKind kind, const RowAnswer& a) {
  Json json = {{"index", a.index}, {"row", a.row}};
  if (kind == TaskKind::likelihood) {
    json.update({{"nll", a.likelihood.nll}, {"tokens", a.likelihood.tokens}});
  } else {
    json.update({{"answer", a.answer.text},
                 {"ids", a.answer.ids},
                 {"prompt_tokens", a.answer.prompt_tokens},
                 {"finish", a.answer.finish == Finish::length ? "length" : "stop"}});
  }
  append(line_of(json));
}

void AnswerFile::sync() { file_.sync(); }
void AnswerFile::finish() { file_.finish(); }

}  // namespace halftone
