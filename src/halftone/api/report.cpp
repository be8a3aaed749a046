#include <algorithm>
#include <cstring>

#include "halftone/api/api.h"
#include "halftone/api/report_files.h"
#include "halftone/base/error.h"
#include "halftone/report/html.h"

namespace halftone::api {
namespace {

constexpr std::uint64_t kLargestRecord = 256u << 20;

std::string text_or_nothing(FileSystem& files, const std::string& path) {
  return files.stat(path).regular ? read_file(files, path, kLargestRecord) : std::string();
}

Json json_or_null(FileSystem& files, const std::string& path) {
  const std::string text = text_or_nothing(files, path);
  return text.empty() ? Json() : parse_json(text, path);
}

std::vector<Json> lines_of(const std::string& text, const std::string& path) {
  std::vector<Json> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin) lines.push_back(parse_json(std::string_view(text).substr(begin, end - begin), path));
    begin = end + 1;
  }
  return lines;
}

// One result, or what a verb returned: a list of them.
void add_evaluations(ReportInput& input, const Json& json) {
  if (!json.is_object()) return;
  const auto list = json.find("evaluations");
  if (list == json.end()) return input.evaluations.push_back(json);
  for (const auto& entry : *list) input.evaluations.push_back(entry);
}

}  // namespace

std::string report_text(FileSystem& files, const std::string& directory, const std::string& results) {
  const std::string journal = join_path(directory, "run.jsonl");
  require(files.stat(journal).regular, ErrorKind::input,
          "{}: holds no run.jsonl; a report is made of a directory that quantize wrote", directory);
  ReportInput input;
  input.records = lines_of(read_file(files, journal, kLargestRecord), journal);
  input.quality = json_or_null(files, join_path(directory, "quality.json"));
  input.recipe = text_or_nothing(files, join_path(directory, "recipe.resolved.yaml"));
  if (files.stat(results).directory) {
    for (const auto& name : files.list(results)) {
      if (name.ends_with(".json")) add_evaluations(input, json_or_null(files, join_path(results, name)));
    }
  }
  return html_report(input);
}

Json report(const ReportRequest& request) {
  const std::string path = request.file.empty() ? join_path(request.out, kReportName) : request.file;
  const std::string results = request.results.empty() ? join_path(request.out, "eval") : request.results;
  require(request.results.empty() || posix_files().stat(results).directory, ErrorKind::usage,
          "--eval {}: is no folder", results);
  const std::string text = report_text(posix_files(), request.out, results);
  write_file(posix_files(), path + ".partial", text);
  const int renamed = posix_files().rename(path + ".partial", path);
  require(renamed == 0, ErrorKind::resource, "{}: cannot be written ({})", path, std::strerror(-renamed));
  return {{"file", path}, {"bytes", text.size()}};
}

}  // namespace halftone::api
