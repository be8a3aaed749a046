// What the user wants: the typed recipe, read from YAML with all faults reported at once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "halftone/base/params.h"
#include "halftone/quant/scheme.h"

namespace halftone {

// One source of calibration samples.
struct DataSource {
  std::string path;                             // .json, .jsonl, or a folder of pictures
  double weight = 1;                            // share of the samples
  std::string prompt = "Describe this image.";  // for a folder of pictures
  std::string images;                           // where pictures are looked for first

  template <class V>
  void visit(V& v) {
    v.field("path", path, "conversation JSON, JSON lines, or a folder of pictures");
    v.field("weight", weight, {0.0, 1e9}, "share of the samples that come from here");
    v.field("prompt", prompt, "question asked of each picture of a folder");
    v.field("images", images, "folder of the pictures that records name");
  }
};

enum class OnBadRecord { fail, skip };

struct CalibrationOptions {
  std::vector<DataSource> data;
  std::int64_t samples = 128;
  std::int64_t seed = 17;
  std::int64_t max_tokens = 2048;
  OnBadRecord on_bad_record = OnBadRecord::fail;

  template <class V>
  void visit(V& v) {
    v.raw("data", "a path, or a list of {path, weight, prompt, images}");
    v.field("samples", samples, {1, 10'000'000}, "samples used, those kept for quality included");
    v.field("seed", seed, {0, INT64_MAX}, "seed of the shuffle and of every other choice");
    v.field("max_tokens", max_tokens, {1, 1 << 20}, "longest sample; longer texts are cut");
    v.choice("on_bad_record", on_bad_record, {{"fail", OnBadRecord::fail}, {"skip", OnBadRecord::skip}},
             "what a record that cannot be read does to the run");
  }
};

struct QualityOptions {
  std::int64_t samples = -1;

  template <class V>
  void visit(V& v) {
    v.field("samples", samples, {-1, 100000},
            "samples kept from calibration to measure the loss; -1: the last tenth, 8 to 64; 0: none");
  }
};

// One rule: sites that match take the scheme, "keep" leaves them as they are. The first match wins.
struct AssignRule {
  std::string selector;
  std::string scheme;           // name, or "keep"
  std::optional<Scheme> value;  // resolved, with the rule's own overrides
  Place place;
};

struct MethodEntry {
  std::string name;
  Value params;
  Place place;
};

struct OutputOptions {
  std::string format = "compressed_tensors";
  std::int64_t shard = 5'000'000'000;
  Place place;
};

enum class Propagate { quantized, reference };

struct Recipe {
  CalibrationOptions calibration;
  QualityOptions quality;
  std::map<std::string, Scheme> schemes;
  std::vector<AssignRule> assign;
  std::vector<MethodEntry> methods;
  std::vector<OutputOptions> outputs;
  std::map<std::string, double> limits;  // "kl", "top1": a run outside them exits with 1
  std::string compute = "auto";          // auto | float32 | bfloat16
  Propagate propagate = Propagate::quantized;
  std::int64_t micro_batch = 4096;  // tokens that go through a block together
  Place place;                      // of the recipe as a whole: its file
};

// Reads a recipe from its YAML tree. Faults are added to `faults`; what could be read comes back.
Recipe read_recipe(const Value& root, Faults& faults);

// "4GiB", "500MB", "4096" -> bytes; nothing if it is no size.
std::optional<std::int64_t> parse_bytes(const std::string& text);

// Names of the presets, and the text of one; nothing for an unknown name.
std::vector<std::string> preset_names();
std::optional<std::string> preset_text(const std::string& name);

}  // namespace halftone
