// The weights of a model while it is run again and again: as many blocks as the budget allows stay in memory in
// the type they are used in, the others are read anew each time, one ahead.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "halftone/model/ops.h"
#include "halftone/stream/checkpoint.h"

namespace halftone {

class WeightStore {
 public:
  // `checkpoint` must outlive the store. Keeps blocks while their bytes in `compute` stay within `budget`
  // (negative: all), those of decoding first.
  WeightStore(const Checkpoint& checkpoint, at::ScalarType compute, at::Device device, std::int64_t budget);

  // Calls visit(block, weights, quantizers) for the blocks [first, last) in order.
  using Visit = std::function<void(const Block&, const BlockWeights&, const OpsTaps& quantizers)>;
  void visit(std::size_t first, std::size_t last, const Visit& visit);

  bool whole() const;  // whether every block is kept
  std::int64_t kept_bytes() const { return kept_bytes_; }
  // Of the block that takes most while it is read anew; 0 when all are kept.
  std::int64_t streamed_bytes() const { return streamed_bytes_; }

 private:
  BlockWeights prepared(const Block& block, BlockWeights weights);

  const Checkpoint& checkpoint_;
  at::ScalarType compute_;
  at::Device device_;
  std::vector<OpsTaps> quantizers_;                  // by block
  std::vector<std::unique_ptr<BlockWeights>> kept_;  // by block
  std::map<std::string, Tensor> shared_;  // matrices of kept blocks by checkpoint name: tied ones once
  std::int64_t kept_bytes_ = 0, streamed_bytes_ = 0;
};

}  // namespace halftone
