#include "halftone/eval/weight_store.h"

#include <algorithm>

#include "halftone/stream/prefetcher.h"
#include "halftone/stream/scheme_taps.h"
#include "halftone/tensor/device.h"

namespace halftone {
namespace {

std::int64_t used_bytes(const Block& block, at::ScalarType compute) {
  std::int64_t sum = 0;
  for (const auto& slot : block.slots) {
    std::int64_t numbers = static_cast<std::int64_t>(c10::elementSize(compute));
    for (const std::int64_t n : slot.shape) numbers *= n;
    sum += numbers;
  }
  return sum;
}

// Blocks that run for every token first, those that run for pictures after them.
std::vector<std::size_t> by_use(const std::vector<Block>& blocks) {
  std::vector<std::size_t> order;
  for (const bool language : {true, false}) {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const bool of_language = blocks[i].stage == Stage::language || blocks[i].stage == Stage::head;
      if (of_language == language) order.push_back(i);
    }
  }
  return order;
}

}  // namespace

WeightStore::WeightStore(const Checkpoint& checkpoint, at::ScalarType compute, at::Device device,
                         std::int64_t budget)
    : checkpoint_(checkpoint), compute_(compute), device_(device) {
  const std::vector<Block>& blocks = checkpoint.spec.graph.blocks;
  for (const auto& block : blocks) quantizers_.push_back(scheme_taps(checkpoint, block));
  kept_.resize(blocks.size());
  for (const std::size_t i : by_use(blocks)) {
    const std::int64_t bytes = used_bytes(blocks[i], compute);
    if (budget >= 0 && kept_bytes_ + bytes > budget) {
      streamed_bytes_ = std::max(streamed_bytes_, bytes);
      continue;
    }
    while_computing("loading block " + blocks[i].name, [&] {
      kept_[i] = std::make_unique<BlockWeights>(
          prepared(blocks[i], load_block(blocks[i], checkpoint.source(), device)));
    });
    kept_bytes_ += bytes;
  }
  shared_.clear();
}

// Everything in the type it is used in; a matrix that two blocks read is in memory once, its rows are looked up
// there.
BlockWeights WeightStore::prepared(const Block& block, BlockWeights weights) {
  for (std::size_t i = 0; i < block.slots.size(); ++i) {
    const Slot& slot = block.slots[i];
    Tensor& value = weights.values[i];
    Tensor& twin = shared_[slot.part.tensor];
    const bool shares = slot.part.rows.plain() && (slot.lookup || slot.role == Role::matrix);
    if (shares && twin.defined()) {
      value = twin;
    } else if (slot.lookup) {
      value = checkpoint_.source().read(checkpoint_.source().at(slot.part.tensor)).to(device_).to(compute_);
    } else if (value.defined()) {
      value = value.to(compute_).contiguous();
    }
    if (shares) twin = value;
  }
  weights.tensors.clear();
  return weights;
}

void WeightStore::visit(std::size_t first, std::size_t last, const Visit& visit) {
  const std::vector<Block>& blocks = checkpoint_.spec.graph.blocks;
  std::vector<LoadOrder> orders;
  for (std::size_t i = first; i < last; ++i) {
    if (!kept_[i]) orders.push_back({&blocks[i], {}});
  }
  std::unique_ptr<Prefetcher> ahead;
  if (!orders.empty()) ahead = std::make_unique<Prefetcher>(checkpoint_.source(), orders, device_);
  for (std::size_t i = first; i < last; ++i) {
    while_computing("running block " + blocks[i].name, [&] {
      if (kept_[i]) return visit(blocks[i], *kept_[i], quantizers_[i]);
      visit(blocks[i], ahead->next(), quantizers_[i]);
    });
  }
}

bool WeightStore::whole() const {
  return std::all_of(kept_.begin(), kept_.end(), [](const auto& weights) { return weights != nullptr; });
}

}  // namespace halftone
