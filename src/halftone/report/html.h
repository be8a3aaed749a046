// One page that says what a run made of a model: self-contained HTML, no script, nothing fetched.
#pragma once

#include <string>
#include <vector>

#include "halftone/base/json.h"

namespace halftone {

// What lies in an output directory. Whatever is missing leaves a gap in the page.
struct ReportInput {
  std::vector<Json> records;  // lines of run.jsonl
  Json quality;               // quality.json, {} or null where nothing was measured
  std::string recipe;         // text of recipe.resolved.yaml
  // Results of evaluations:
  //   {"task", "profile", "rows", "note",
  //    "scores":  [{"name", "value", "low", "high", "out_of", "unit", "rows"}],
  //    "against": {"model", "scores": [as above, by the same names],
  //                "differences": [{"name", "value", "low", "high", "verdict"}]},
  //    "worst":   [{"index", "question", "expected", "answer", "answer_against", "score", "score_against",
  //                 "pictures": ["data:image/...;base64,..."]}]}
  // low and high: 95 %. "against" is the float model. Other keys are ignored.
  std::vector<Json> evaluations;
};

// Every string of the input is escaped; pictures that are no data: URLs are left out.
std::string html_report(const ReportInput& input);

}  // namespace halftone
