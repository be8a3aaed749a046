// Blocks' weights, read ahead on a thread of their own.
#pragma once

#include <functional>
#include <semaphore>
#include <thread>
#include <vector>

#include "halftone/base/queue.h"
#include "halftone/io/tensor_source.h"
#include "halftone/model/block.h"
#include "halftone/model/weights.h"

namespace halftone {

// One thing to load: a block and which of its slots.
struct LoadOrder {
  const Block* block = nullptr;
  std::function<bool(const Slot&)> only;  // empty: all
};

// Hands out the weights of each order in turn. At most one block beyond the one taken last is in memory. The
// source must allow reads beside the caller's own.
class Prefetcher {
 public:
  Prefetcher(TensorSource& source, std::vector<LoadOrder> orders, at::Device device);
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  // The next order's weights. Throws what the loading threw.
  BlockWeights next();

 private:
  void load_all(const std::stop_token& stop);

  TensorSource& source_;
  std::vector<LoadOrder> orders_;
  at::Device device_;
  BoundedQueue<BlockWeights> queue_{1};
  std::binary_semaphore room_{1};  // one block may be read ahead
  std::jthread thread_;
};

}  // namespace halftone
