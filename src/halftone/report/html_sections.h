// The parts of the page, in the order they stand there. Each is HTML, empty where its records are missing.
#pragma once

#include <string>
#include <vector>

#include "halftone/base/json.h"
#include "halftone/report/html.h"
#include "halftone/report/html_plot.h"

namespace halftone {

// run.jsonl by kind of record.
struct RunRecords {
  Json run, plan, finished;                // the last of each; null where there is none
  std::vector<Json> bytes, sites, blocks;  // in order
};
RunRecords sorted_records(const std::vector<Json>& records);

// What a run did: html_run.cpp.
std::string masthead(const RunRecords& records, const Json& quality);
std::string bytes_section(const RunRecords& records);
std::string cost_section(const RunRecords& records);
std::string recipe_section(const RunRecords& records, const Json& quality, const std::string& recipe);
std::string page_footer(const RunRecords& records);

// What it cost in quality: html_quality.cpp.
std::string verdict_section(const RunRecords& records, const Json& quality);
std::string divergence_section(const RunRecords& records, const Json& quality);
std::string sites_section(const RunRecords& records);

// What tasks say: html_tasks.cpp.
std::string scores_section(const std::vector<Json>& evaluations);
std::string worst_section(const std::vector<Json>& evaluations);

// <section> with its heading.
std::string section(const std::string& id, const std::string& heading, const std::string& content);
// A table with a header row; cells are HTML. Columns whose letter in `alignment` is 'r' stand right.
std::string html_table(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows, const std::string& alignment);
// <details> with its summary line.
std::string folded(const std::string& summary, const std::string& content);

// "language.3.down": the stack, the place in it and the rest. Depth -1: it stands in no stack. Further numbers
// become stars ("experts.*.up").
struct SiteName {
  std::string stack, kind;
  int depth = -1;
};
SiteName site_name_of(const std::string& name);
// Neighbouring blocks of one stack: "vision" over vision.0 to vision.3; others are spans of one.
std::vector<Span> spans_of(const std::vector<std::string>& blocks);

}  // namespace halftone
