#include "halftone/stream/prefetcher.h"

#include "halftone/base/error.h"

namespace halftone {

Prefetcher::Prefetcher(TensorSource& source, std::vector<LoadOrder> orders, at::Device device)
    : source_(source), orders_(std::move(orders)), device_(device) {
  thread_ = std::jthread([this](const std::stop_token& stop) { load_all(stop); });
}

Prefetcher::~Prefetcher() {
  thread_.request_stop();
  room_.release();
  queue_.abort(std::make_exception_ptr(Error(ErrorKind::internal, "the prefetcher is gone")));
}

void Prefetcher::load_all(const std::stop_token& stop) {
  try {
    for (const auto& order : orders_) {
      room_.acquire();
      if (stop.stop_requested()) return;
      queue_.push(while_doing("loading block " + order.block->name,
                              [&] { return load_block(*order.block, source_, device_, order.only); }));
    }
    queue_.close();
  } catch (...) {
    queue_.abort(std::current_exception());
  }
}

BlockWeights Prefetcher::next() {
  auto weights = queue_.pop();
  HALFTONE_ASSERT(weights.has_value());
  room_.release();
  return std::move(*weights);
}

}  // namespace halftone
