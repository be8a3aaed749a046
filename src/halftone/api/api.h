// The verbs of the product. Paths and texts in, JSON out: what a command line, a notebook or a test needs, and
// nothing of what lies beneath. All throw Error; none prints.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "halftone/base/json.h"
#include "halftone/base/record.h"

namespace halftone::api {

// "0.1.0", and what it was built with.
std::string version();
Json build_info();

// Where samples come from. Empty `data`: what the recipe says.
struct DataChoice {
  std::vector<std::string> data;  // .json, .jsonl or folders of pictures
  std::string images;             // where records' pictures are looked for first
};

// How a running verb is watched and stopped. `stop_error` gives the error that a stop becomes.
struct Watch {
  RecordSink sink;
  std::stop_token stop;
};

// Family, blocks, sites, spaces, bytes. Reads headers only.
Json inspect(const std::string& model);

struct RecipeChoice {
  std::string recipe;            // a file, or a preset's name
  std::vector<std::string> set;  // "gptq.damp=0.05"
};

struct PlanRequest {
  std::string model;
  RecipeChoice recipe;
  DataChoice data;
  std::string device = "auto";
};
// What quantize() would do. Loads no weights. With data, counts its tokens; without, assumes the recipe's
// limits.
Json plan(const PlanRequest& request);

struct QuantizeRequest {
  std::string model;
  RecipeChoice recipe;
  DataChoice data;
  std::string device = "auto";
  std::string out;
  bool overwrite = false;
};
// Writes the output directory. {"outputs", "quality", "broken_limits", "seconds", "peak_bytes",
// "skipped_records"}.
Json quantize(const QuantizeRequest& request, const Watch& watch);

// {"passed", "checks", "errors"}. `against` may be empty. A float directory cannot be verified:
// Error(unsupported).
Json verify(const std::string& out, const std::string& against);

// What evaluations are run on, and how.
struct EvalChoice {
  std::vector<std::string> tasks;  // "ocrbench"; halftone describe tasks
  std::vector<std::string> data;   // files, or one folder that holds a file named like each task
  std::string images;              // where picture files of rows are looked for first
  std::string profile = "plain";
  std::int64_t limit = 0;   // rows of each task; 0: all
  std::int64_t batch = 16;  // rows that are answered together
  std::string ram;          // what the process may take, "4GiB"; empty: no limit
  std::string compute = "float32";
  std::string device = "auto";
  std::string on_bad_row = "fail";        // or "skip"
  std::string calibration_rows = "fail";  // or "skip", "keep"
  bool pandas_missing = true;             // cells "NA", "None" ... are missing, as the harnesses have it
  // Where answers are kept as they come; a run that was killed goes on. Empty: eval/ in a directory that
  // quantize wrote (a comparison's second), where its report looks, else "eval-results".
  std::string out;
};

struct EvaluateRequest {
  std::string model;
  EvalChoice choice;
};
// {"model", "fingerprint", "evaluations": [{"task", "profile", "rows", "note", "scores": [{"name", "value",
// "low", "high", "out_of", "rows", "how"}], "bad_rows", "bad", "calibration_rows", "resumed", "at_limit",
// "unmatched", "mean_tokens", "file"}], "seconds", "peak_bytes", "times"}.
Json evaluate(const EvaluateRequest& request, const Watch& watch);

struct CompareTasksRequest {
  std::string a, b;
  EvalChoice choice;
};
// Both models on the same rows. {"a", "b", "evaluations": [{"task", "profile", "rows", "note", "scores": of b,
// "against": {"model", "scores": of a, "differences": [{"name", "value", "low", "high", "verdict"}], "lost",
// "gained", "mcnemar_p"}, "same_answer", "worst": [{"index", "question", "expected", "answer",
// "answer_against", "score", "score_against", "pictures"}], "file"}]}.
Json compare_tasks(const CompareTasksRequest& request, const Watch& watch);

struct CompareRequest {
  std::string a, b;
  DataChoice data;
  std::int64_t samples = 64;
  std::string device = "auto";
};
// {"kl", "kl_se", "top1", "positions", "ppl_a", "ppl_b", "question", "first_departure", "blocks", "sites"}.
Json compare(const CompareRequest& request, const Watch& watch);

struct DumpRequest {
  std::string model;
  std::string sample;  // JSON: one record ({"conversations": ...} or {"text": ...}), pictures beside it
  std::string images;
  std::string out;  // a .safetensors file
  std::string device = "auto";
};
// Names and shapes of what was written.
Json dump(const DumpRequest& request);

struct ReportRequest {
  std::string out;      // a directory that quantize wrote
  std::string file;     // where the page goes; empty: report.html inside the directory
  std::string results;  // a folder with results of evaluations; empty: eval/ inside the directory, if it exists
};
// Writes one HTML page from the records of a run and of its evaluations. {"file", "bytes"}.
Json report(const ReportRequest& request);

// Without a topic: the topics. Else a list (families, methods, formats, tasks, profiles, presets, recipe) or
// one entry of it.
Json describe(const std::string& topic);

}  // namespace halftone::api
