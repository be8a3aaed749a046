#include "halftone/engine/planner.h"

#include <algorithm>
#include <set>

#include <ATen/ops/mm.h>
#include <ATen/ops/rand.h>

#include "halftone/base/clock.h"
#include "halftone/engine/conductor.h"
#include "halftone/engine/engines.h"
#include "halftone/engine/turns.h"
#include "halftone/engine/writer.h"
#include "halftone/io/safetensors_header.h"

namespace halftone {
namespace {

constexpr std::int64_t kRuntimeBytes = 128ll << 20;  // torch's libraries and the process itself, measured
constexpr std::int64_t kHeadRows = 256;              // positions whose logits the quality measure holds at once
constexpr std::int64_t kWide = 4;                    // bytes of a float32
constexpr std::int64_t kWidePiece = 256ll << 20;     // Ops widens a vocabulary's matrix in pieces of this
constexpr double kBytesPerSecond = 1.0e9;            // of a disk, read or written

double measured_flops(at::ScalarType type, at::Device device) {
  const Tensor a = at::rand({1024, 1024}, at::TensorOptions(type).device(device));
  at::mm(a, a);
  Stopwatch watch;
  for (int i = 0; i < 4; ++i) at::mm(a, a).sum().item<double>();
  return 4 * 2.0 * 1024 * 1024 * 1024 / std::max(watch.seconds(), 1e-6);
}

struct BlockShape {
  std::int64_t weights = 0;  // elements of matrices
  std::int64_t widest = 0;   // widest activation beside the residual stream
  std::int64_t largest = 0;  // elements of its largest matrix
  std::int64_t hidden = 0;   // width of what goes on to the next block
};

BlockShape shape_of(const Block& block) {
  BlockShape shape;
  for (const auto& site : block.sites) {
    const auto& w = block.slots[static_cast<size_t>(site.weight)].shape;
    shape.weights += w[0] * w[1];
    shape.widest += w[0];
    shape.largest = std::max(shape.largest, w[0] * w[1]);
    shape.hidden = block.stage == Stage::head ? w[1] : w[0];
  }
  return shape;
}

std::int64_t bytes_in(const Block& block, const TensorSource& source) {
  std::int64_t bytes = 0;
  std::set<std::string> seen;
  for (const auto& slot : block.slots) {
    if (slot.lookup || !seen.insert(slot.part.tensor).second) continue;
    bytes += static_cast<std::int64_t>(source.at(slot.part.tensor).bytes);
  }
  return bytes;
}

bool is_vision(const Block& block) { return block.stage == Stage::vision || block.stage == Stage::bridge; }

std::int64_t planned_bytes(const std::vector<TensorPlan>& tensors) {
  std::int64_t bytes = 0;
  for (const auto& t : tensors) {
    bytes += static_cast<std::int64_t>(checked_bytes(t.dtype, t.shape, t.name));
  }
  return bytes;
}

using QuantizedModules = std::map<std::string, const ModuleFacts*>;

std::int64_t bytes_out(const Job& job, const QuantizedModules& quantized, const Block& block, std::int64_t in) {
  std::int64_t bytes = 0;
  for (const auto& output : job.outputs) {
    bytes += in;
    std::set<std::string> seen;
    for (const auto& site : block.sites) {
      const std::string& tensor = block.slots[static_cast<size_t>(site.weight)].part.tensor;
      const auto module = quantized.find(tensor);
      if (module == quantized.end() || !seen.insert(tensor).second) continue;
      bytes += planned_bytes(output.format->tensors(*module->second)) -
               static_cast<std::int64_t>(job.checkpoint->files->at(tensor).bytes);
    }
  }
  return bytes;
}

// Memory of what methods ask for: statistics are shared by axis and key.
std::int64_t statistic_bytes(const std::vector<Needs>& all, double& flops_per_row) {
  std::vector<std::pair<Axis, std::string>> seen;
  std::int64_t bytes = 0;
  for (const auto& needs : all) {
    for (const auto& request : needs.statistics) {
      const std::pair key(request.site->input, request.key);
      if (std::find(seen.begin(), seen.end(), key) != seen.end()) continue;
      seen.push_back(key);
      bytes += request.bytes;
      flops_per_row += request.flops_per_row;
    }
  }
  return bytes;
}

// What one micro-batch needs beside the weights: its activations, and the largest matrix widened to float32.
std::int64_t forward_memory(const Job& job, const Block& block, const BlockShape& shape, std::int64_t rows) {
  if (block.sites.empty()) return 0;
  if (block.stage == Stage::head)
    return 4 * kHeadRows * shape.widest * kWide + std::min(kWidePiece, shape.largest * kWide);
  const std::int64_t micro = std::min<std::int64_t>(job.recipe.micro_batch, rows);
  return micro * shape.widest * kWide + shape.largest * kWide;
}

// Passes of the calibration data over a block, as the conductor makes them.
int planned_runs(const Job& job, const Turn& turn, std::int64_t rows) {
  const bool again = turn.observe && turn.forward && job.recipe.propagate == Propagate::quantized;
  return rows > 0 ? static_cast<int>(turn.observe || turn.forward) + static_cast<int>(again) : 0;
}

// What of the data passes a block.
struct BlockRows {
  std::int64_t calibration = 0, quality = 0;
};

BlockRows rows_of(const DataSize& data, const Block& block) {
  return is_vision(block) ? BlockRows{data.vision_rows, data.quality_vision_rows}
                          : BlockRows{data.tokens, data.quality_tokens};
}

// Bytes that a block's turn has in memory, for its neighbours.
std::int64_t loaded_bytes(const Job& job, const DataSize& data, const Turn& turn, bool needs_data) {
  const BlockRows rows = rows_of(data, *turn.block);
  const std::int64_t passing = rows.quality + (turn.block->stage == Stage::head ? 0 : rows.calibration);
  const bool loads = !turn.sites.empty() || (needs_data && passing > 0);
  return loads ? bytes_in(*turn.block, job.checkpoint->source()) : 0;
}

BlockPlan plan_block(const Job& job, const QuantizedModules& quantized, const DataSize& data, const Turn& turn,
                     std::int64_t neighbours, double rate) {
  const Block& block = *turn.block;
  const BlockShape shape = shape_of(block);
  BlockPlan plan;
  plan.block = block.name;
  plan.memory = kRuntimeBytes;
  plan.bytes_in = bytes_in(block, job.checkpoint->source());
  plan.bytes_out = bytes_out(job, quantized, block, plan.bytes_in);
  double statistic_flops = 0, solve_flops = 0;
  std::int64_t statistics = statistic_bytes(turn.needs, statistic_flops), solve = 0;
  for (const auto& n : turn.needs) {
    solve_flops += n.solve_flops;
    solve = std::max(solve, n.solve_bytes);
  }
  const bool observed = statistics > 0;
  const auto [rows, extra] = rows_of(data, block);
  plan.runs = planned_runs(job, turn, rows);
  const double forward = 2.0 * static_cast<double>(shape.weights);
  const double flops = static_cast<double>(rows) * (forward * plan.runs + (observed ? statistic_flops : 0)) +
                       static_cast<double>(extra) * forward * 2 + solve_flops;
  plan.seconds = std::max(flops / rate, static_cast<double>(plan.bytes_in + plan.bytes_out) / kBytesPerSecond);
  const bool passes = plan.runs > 0 || extra > 0;
  if (passes || !turn.sites.empty()) {
    plan.memory += plan.bytes_in + neighbours + statistics +
                   std::max(solve, passes ? forward_memory(job, block, shape, rows + extra) : 0);
  }
  plan.memory += (rows + 2 * extra) * shape.hidden * kWide;
  return plan;
}

std::string rule_text(const Job& job, const std::string& site) {
  const auto found = job.assignment.find(site);
  if (found == job.assignment.end()) return "no rule";
  const AssignRule& rule = job.recipe.assign[found->second.rule];
  return rule.place.line > 0 ? fmt::format("{} (line {})", rule.selector, rule.place.line) : rule.selector;
}

std::vector<SitePlan> plan_sites(const Job& job, const QuantizedModules& quantized) {
  std::vector<SitePlan> sites;
  for (const auto& block : job.graph().blocks) {
    for (const auto& site : block.sites) {
      SitePlan plan{site.name, "keep", rule_text(job, site.name), {}};
      const auto scheme = job.schemes.find(site.name);
      if (scheme != job.schemes.end()) {
        plan.scheme = scheme_text(scheme->second);
        const std::string& tensor = block.slots[static_cast<size_t>(site.weight)].part.tensor;
        const ModuleFacts& module = *quantized.at(tensor);
        for (const auto& output : job.outputs) {
          for (const auto& verdict : engines_for(output.format->name(), module))
            plan.engines.push_back(fmt::format("{} ({})", verdict.engine, verdict.kernel));
        }
      }
      sites.push_back(std::move(plan));
    }
  }
  return sites;
}

}  // namespace

DataSize assumed_data(const Recipe& recipe) {
  const SampleSplit split =
      split_samples(static_cast<size_t>(recipe.calibration.samples), recipe.quality.samples);
  DataSize size;
  size.samples = static_cast<std::int64_t>(split.calibration.size());
  size.quality_samples = static_cast<std::int64_t>(split.quality.size());
  size.tokens = size.samples * recipe.calibration.max_tokens;
  size.quality_tokens = size.quality_samples * recipe.calibration.max_tokens;
  // A picture of half the tokens, four patches a token.
  size.vision_rows = size.tokens * 2;
  size.quality_vision_rows = size.quality_tokens * 2;
  size.assumed = true;
  return size;
}

DataSize counted_data(const ModelGraph& graph, const Recipe& recipe, const std::vector<Sample>& samples) {
  const SampleSplit split = split_samples(samples.size(), recipe.quality.samples);
  const auto count = [&](const std::vector<std::size_t>& which, std::int64_t& tokens, std::int64_t& rows) {
    for (const std::size_t i : which) {
      tokens += static_cast<std::int64_t>(samples[i].ids.size());
      for (const auto& layout : samples[i].layouts) {
        for (const std::int64_t length : graph.vision_rows(layout).segments) rows += length;
      }
    }
    return static_cast<std::int64_t>(which.size());
  };
  DataSize size;
  size.samples = count(split.calibration, size.tokens, size.vision_rows);
  size.quality_samples = count(split.quality, size.quality_tokens, size.quality_vision_rows);
  return size;
}

Plan plan_job(const Job& job, const DataSize& data) {
  Plan plan;
  plan.data = data;
  plan.flops_per_second = measured_flops(job.compute, job.device);
  const QuantizedModules quantized = job.quantized_modules();
  plan.sites = plan_sites(job, quantized);
  const std::vector<Turn> turns = plan_turns(job, data.quality_samples > 0);
  const bool needs_data = std::any_of(turns.begin(), turns.end(), [](const Turn& t) { return t.observe; });
  for (size_t i = 0; i < turns.size(); ++i) {
    // The block before is being written, the one behind is being read.
    std::int64_t neighbours = 0;
    for (const size_t other : {i - 1, i + 1}) {
      if (other < turns.size()) neighbours += loaded_bytes(job, data, turns[other], needs_data);
    }
    plan.blocks.push_back(plan_block(job, quantized, data, turns[i], neighbours, plan.flops_per_second));
    plan.seconds += plan.blocks.back().seconds;
    plan.peak_memory = std::max(plan.peak_memory, plan.blocks.back().memory);
  }
  for (const auto& info : job.checkpoint->files->list()) plan.bytes_in += static_cast<std::int64_t>(info.bytes);
  for (const auto& output : job.outputs) {
    const auto tensors = planned_tensors(job, *output.format);
    plan.outputs.push_back({output.format->name(), planned_bytes(tensors), tensors.size()});
  }
  return plan;
}

Json to_json(const Plan& plan) {
  Json blocks = Json::array(), sites = Json::array(), outputs = Json::array();
  for (const auto& b : plan.blocks) {
    blocks.push_back({{"block", b.block},
                      {"runs", b.runs},
                      {"seconds", b.seconds},
                      {"memory", b.memory},
                      {"bytes_in", b.bytes_in},
                      {"bytes_out", b.bytes_out}});
  }
  for (const auto& s : plan.sites)
    sites.push_back({{"site", s.site}, {"scheme", s.scheme}, {"rule", s.rule}, {"engines", s.engines}});
  for (const auto& o : plan.outputs)
    outputs.push_back({{"format", o.format}, {"bytes", o.bytes}, {"tensors", o.tensors}});
  return {{"samples", plan.data.samples},
          {"quality_samples", plan.data.quality_samples},
          {"tokens", plan.data.tokens},
          {"vision_rows", plan.data.vision_rows},
          {"data_assumed", plan.data.assumed},
          {"seconds", plan.seconds},
          {"peak_memory", plan.peak_memory},
          {"bytes_in", plan.bytes_in},
          {"flops_per_second", plan.flops_per_second},
          {"outputs", outputs},
          {"blocks", blocks},
          {"sites", sites}};
}

}  // namespace halftone
