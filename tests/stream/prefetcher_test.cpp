#include "halftone/stream/prefetcher.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/expect_error.h"
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

// Counts reads; refuses tensors called "bad".
class CountedSource final : public TensorSource {
 public:
  CountedSource() {
    for (const std::string name : {"0", "1", "2", "3", "bad"})
      infos_.push_back({name, DType::f32, {2, 2}, 16, "file"});
  }
  const std::vector<TensorInfo>& list() const override { return infos_; }
  Tensor read(const TensorInfo& info, std::int64_t, std::int64_t) override {
    require(info.name != "bad", ErrorKind::input, "bad tensor");
    ++reads;
    return at::full({2, 2}, std::stod(info.name));
  }
  std::atomic<int> reads{0};

 private:
  std::vector<TensorInfo> infos_;
};

Block block(const std::string& tensor) {
  Slot slot;
  slot.name = "w" + tensor;
  slot.part.tensor = tensor;
  slot.shape = slot.file_shape = {2, 2};
  Block b;
  b.name = "block " + tensor;
  b.slots = {slot};
  return b;
}

double first_of(const BlockWeights& weights) { return weights.values[0][0][0].item<double>(); }

TEST(Prefetcher, HandsOutBlocksInOrder) {
  CountedSource source;
  const std::vector<Block> blocks = {block("2"), block("0"), block("3")};
  Prefetcher prefetcher(source, {{&blocks[0], {}}, {&blocks[1], {}}, {&blocks[2], {}}}, at::kCPU);
  EXPECT_EQ(first_of(prefetcher.next()), 2);
  EXPECT_EQ(first_of(prefetcher.next()), 0);
  EXPECT_EQ(first_of(prefetcher.next()), 3);
}

TEST(Prefetcher, ReadsOneBlockAheadAndNoMore) {
  CountedSource source;
  const std::vector<Block> blocks = {block("0"), block("1"), block("2"), block("3")};
  Prefetcher prefetcher(source, {{&blocks[0], {}}, {&blocks[1], {}}, {&blocks[2], {}}, {&blocks[3], {}}},
                        at::kCPU);
  const auto settled = [&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    return source.reads.load();
  };
  EXPECT_LE(settled(), 1);
  prefetcher.next();
  EXPECT_LE(settled(), 2);
  prefetcher.next();
  EXPECT_LE(settled(), 3);
}

TEST(Prefetcher, LeavesOutTheSlotsThatAreNotAskedFor) {
  CountedSource source;
  const Block b = block("0");
  Prefetcher prefetcher(source, {{&b, [](const Slot&) { return false; }}}, at::kCPU);
  EXPECT_FALSE(prefetcher.next().values[0].defined());
  EXPECT_EQ(source.reads, 0);
}

TEST(Prefetcher, AFailureComesOutWithTheBlocksName) {
  CountedSource source;
  const std::vector<Block> blocks = {block("0"), block("bad")};
  Prefetcher prefetcher(source, {{&blocks[0], {}}, {&blocks[1], {}}}, at::kCPU);
  const Error error = error_of([&] {
    prefetcher.next();
    prefetcher.next();
  });
  EXPECT_EQ(error.message(), "bad tensor");
  EXPECT_THAT(error.context(), testing::ElementsAre("loading block block bad"));
}

TEST(Prefetcher, MayBeDroppedAtAnyTime) {
  CountedSource source;
  const std::vector<Block> blocks = {block("0"), block("1"), block("2")};
  for (int taken = 0; taken < 3; ++taken) {
    Prefetcher prefetcher(source, {{&blocks[0], {}}, {&blocks[1], {}}, {&blocks[2], {}}}, at::kCPU);
    for (int i = 0; i < taken; ++i) prefetcher.next();
  }
  Prefetcher nothing(source, {}, at::kCPU);
}

}  // namespace
}  // namespace halftone
