#include "tests/support/model_fixture.h"

#include <cstdlib>
#include <sstream>

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include "halftone/base/json.h"
#include "halftone/calib/encode.h"
#include "halftone/io/file.h"

namespace halftone::test {
namespace {

const std::string kGoldens = HALFTONE_GOLDENS;
const std::string kExamples = HALFTONE_EXAMPLES;

// Checkpoints outside the repository: HALFTONE_FAMILY_CASES="name=MODEL_DIR=GOLDENS_DIR;..."
void add_outside_cases(std::vector<FamilyCase>& cases) {
  const char* given = std::getenv("HALFTONE_FAMILY_CASES");
  std::istringstream entries(given ? given : "");
  for (std::string entry; std::getline(entries, entry, ';');) {
    FamilyCase c;
    std::istringstream parts(entry);
    std::getline(parts, c.name, '=');
    std::getline(parts, c.model, '=');
    std::getline(parts, c.goldens);
    cases.push_back(c);
  }
}

}  // namespace

const std::vector<FamilyCase>& family_cases() {
  static const std::vector<FamilyCase> cases = [] {
    std::vector<FamilyCase> all = {
        {"qwen2_vl", kExamples + "/mini-qwen2vl", kGoldens + "/mini-qwen2vl"},
        {"llava", kGoldens + "/tiny-llava", kGoldens + "/tiny-llava"},
    };
    for (const std::string name : {"qwen2", "internlm2", "phi3", "rms_tower", "hf"}) {
      const std::string directory = kGoldens + "/tiny-internvl2/" + name;
      all.push_back({"internvl2_" + name, directory, directory});
    }
    add_outside_cases(all);
    return all;
  }();
  return cases;
}

ModelFixture::ModelFixture(const std::string& directory)
    : checkpoint(open_checkpoint(posix_files(), directory, families, formats, Accept::any)),
      tokenizer(Tokenizer::from_directory(posix_files(), directory)) {}

Sample ModelFixture::encode(const DataRecord& record) const {
  const ModelSpec& spec = checkpoint.spec;
  return encode_record({posix_files(), &tokenizer, spec.chat, spec.images, spec.graph.image_token,
                        spec.graph.vocabulary, spec.graph.max_positions, spec.graph.max_positions},
                       record);
}

void ModelFixture::limit_tiles(int max_tiles) {
  if (auto* tiles = std::get_if<TilePolicy>(&checkpoint.spec.images)) tiles->max_tiles = max_tiles;
}

std::vector<GoldenCase> golden_cases(const FamilyCase& family) {
  const std::string path = family.goldens + "/cases.json";
  std::vector<GoldenCase> cases;
  for (const auto& item : parse_json(read_file(posix_files(), path), path)) {
    GoldenCase c;
    c.record.id = c.record.origin = fmt::format("{} case {}", family.name, cases.size());
    ChatTurn turn{"user", {}};
    for (const auto& name : item["images"]) {
      turn.content.push_back({"", static_cast<int>(c.record.pictures.size())});
      c.record.pictures.push_back({kGoldens + "/images/" + name.get<std::string>(), {}});
    }
    turn.content.push_back({item["question"].get<std::string>()});
    c.record.turns = {turn};
    if (has(item, "tiles")) c.max_tiles = item["tiles"].get<int>();
    const std::string file = fmt::format("{}/case-{:02}.safetensors", family.goldens, cases.size());
    c.tensors = std::make_shared<SafetensorsSource>(SafetensorsSource::from_file(posix_files(), file));
    cases.push_back(std::move(c));
  }
  return cases;
}

std::vector<BlockWeights> load_all(const Checkpoint& checkpoint) {
  std::vector<BlockWeights> all;
  for (const auto& block : checkpoint.spec.graph.blocks) {
    all.push_back(load_block(block, checkpoint.source(), at::kCPU));
    for (std::size_t i = 0; i < block.slots.size(); ++i) {
      if (block.slots[i].lookup)
        all.back().values[i] = checkpoint.source().read(checkpoint.source().at(block.slots[i].part.tensor));
    }
  }
  return all;
}

Tensor run_whole(const ModelFixture& model, const std::vector<BlockWeights>& weights, const Sample& sample,
                 const std::function<void(const std::string&, const Tensor&)>& trace) {
  const at::NoGradGuard no_grad;
  const std::vector<Sample> samples = {sample};
  const ModelGraph& graph = model.graph();
  const SampleStream stream =
      make_stream(graph, model.checkpoint.spec.images, posix_files(), samples, {0}, 1, at::kCPU);
  ActivationStore store(1);
  for (std::size_t i = 0; i < graph.blocks.size(); ++i) {
    OpsTaps taps;
    taps.trace = trace;
    walk_block(graph, graph.blocks[i], weights[i], stream, store, &store, at::kFloat,
               [&](std::size_t) { return taps; }, {});
    if (trace && store.get(0).defined()) trace(graph.blocks[i].name + ".out", store.get(0));
  }
  return store.get(0);
}

double largest_difference(const Tensor& a, const Tensor& b) {
  return (a.to(at::kDouble).reshape({-1}) - b.to(at::kDouble).reshape({-1})).abs().max().item<double>();
}

double relative_difference(const Tensor& a, const Tensor& b) {
  return largest_difference(a, b) / std::max(1e-30, a.abs().max().item<double>());
}

}  // namespace halftone::test
