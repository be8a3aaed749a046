// Socket 1: a model family. One file in families/ reads a config and gives the model as data.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "halftone/base/json.h"
#include "halftone/media/image_policy.h"
#include "halftone/model/graph.h"
#include "halftone/text/chat.h"

namespace halftone {

// What a family may look at: the small files, already parsed, and which tensors there are. No weights.
struct CheckpointFacts {
  Json config;
  std::string config_path;           // for messages
  std::optional<Json> preprocessor;  // preprocessor_config.json, or that part of processor_config.json
  std::string preprocessor_path;
  // Reads the headers of all weight files when it is first called.
  std::function<bool(const std::string&)> has_tensor;
  // The id of a token by its text, for configs that do not tell; nothing where the tokenizer lacks it, or there
  // is no tokenizer.
  std::function<std::optional<std::int64_t>(const std::string&)> token_id = [](const std::string&) {
    return std::optional<std::int64_t>();
  };
};

// Everything the rest of the library needs to know of a model.
struct ModelSpec {
  ModelGraph graph;
  ImagePolicy images;
  ChatFormat chat;
};

class Family {
 public:
  virtual ~Family() = default;
  // Values of "model_type" this family reads.
  virtual std::vector<std::string> model_types() const = 0;
  // One line for `halftone describe families`.
  virtual std::string summary() const = 0;
  // Throws Error(input) for numbers that cannot be, Error(unsupported) for variants that halftone lacks, naming
  // the file and the key.
  virtual ModelSpec open(const CheckpointFacts& facts) const = 0;
};

}  // namespace halftone
