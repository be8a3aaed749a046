// Models and reference cases that property suites run over: one list for all families.
#pragma once

#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "halftone/api/lists.h"
#include "halftone/calib/sample.h"
#include "halftone/io/safetensors_source.h"
#include "halftone/stream/checkpoint.h"
#include "halftone/stream/walker.h"
#include "halftone/text/tokenizer.h"

namespace halftone::test {

struct FamilyCase {
  std::string name;
  std::string model;    // checkpoint directory
  std::string goldens;  // cases.json and case-NN.safetensors
};
inline void PrintTo(const FamilyCase& c, std::ostream* out) { *out << c.name; }
const std::vector<FamilyCase>& family_cases();
struct FamilyCaseName {
  template <class Info>
  std::string operator()(const Info& test) const {
    return test.param.name;
  }
};

// One reference case: what was asked, and the reference's tensors.
struct GoldenCase {
  DataRecord record;
  int max_tiles = 0;  // of each picture in this case; 0: as the model has it
  std::shared_ptr<SafetensorsSource> tensors;
  Tensor get(const std::string& name) const { return tensors->read(tensors->at(name)); }
  bool has(const std::string& name) const { return tensors->find(name) != nullptr; }
};

// An open model with its plug-ins and tokenizer.
class ModelFixture {
 public:
  explicit ModelFixture(const std::string& directory);
  const ModelGraph& graph() const { return checkpoint.spec.graph; }
  Sample encode(const DataRecord& record) const;
  // Lets tiling policies make no more tiles than this.
  void limit_tiles(int max_tiles);

  std::vector<std::unique_ptr<Family>> families = all_families();
  std::vector<std::unique_ptr<Format>> formats = all_formats();
  Checkpoint checkpoint;
  Tokenizer tokenizer;
};

std::vector<GoldenCase> golden_cases(const FamilyCase& family);

// All weights of a model in memory, lookup tables included.
std::vector<BlockWeights> load_all(const Checkpoint& checkpoint);

// Logits [tokens, vocabulary] of one sample, block after block, float32. `trace` may be empty.
Tensor run_whole(const ModelFixture& model, const std::vector<BlockWeights>& weights, const Sample& sample,
                 const std::function<void(const std::string&, const Tensor&)>& trace = {});

// Largest |a - b| over the largest |a|.
double relative_difference(const Tensor& a, const Tensor& b);
double largest_difference(const Tensor& a, const Tensor& b);

}  // namespace halftone::test
