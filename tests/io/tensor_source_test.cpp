#include "halftone/io/tensor_source.h"

#include "tests/expect_error.h"
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

namespace halftone {
namespace {

MemorySource make_source() {
  return MemorySource({{"b", at::arange(12, at::kFloat).reshape({4, 3})}, {"a", at::full({}, 7, at::kLong)}});
}

TEST(MemorySource, ListsWhatItHolds) {
  const MemorySource source = make_source();
  ASSERT_EQ(source.list().size(), 2u);
  const TensorInfo& b = source.at("b");
  EXPECT_EQ(b.dtype, DType::f32);
  EXPECT_EQ(b.shape, (std::vector<std::int64_t>{4, 3}));
  EXPECT_EQ(b.bytes, 48u);
  EXPECT_EQ(b.place, "memory");
  EXPECT_EQ(source.at("a").bytes, 8u);
}

TEST(MemorySource, ReadsRowsThatTheCallerOwns) {
  MemorySource source = make_source();
  const TensorInfo& b = source.at("b");
  EXPECT_TRUE(source.read(b, 1, 2).equal(at::arange(3, 9, at::kFloat).reshape({2, 3})));
  EXPECT_TRUE(source.read(b, 3).equal(at::arange(9, 12, at::kFloat).reshape({1, 3})));
  EXPECT_EQ(source.read(b, 4).size(0), 0);
  EXPECT_EQ(source.read(b, 0, 0).size(0), 0);
  EXPECT_EQ(source.read(source.at("a")).item<std::int64_t>(), 7);
  source.read(b).fill_(0);
  EXPECT_EQ(source.read(b)[3][2].item<float>(), 11.0f);
}

TEST(MemorySource, RowsThatAreNotThereAreOurBug) {
  MemorySource source = make_source();
  const TensorInfo& b = source.at("b");
  for (const auto& [first, count] : {std::pair(-1, 1), std::pair(0, 5), std::pair(4, 1), std::pair(5, -1)}) {
    expect_error(ErrorKind::internal, {}, [&, f = first, c = count] { source.read(b, f, c); });
  }
}

TEST(TensorSource, KnowsTensorsByName) {
  MemorySource source = make_source();
  EXPECT_EQ(source.find("nothing"), nullptr);
  EXPECT_EQ(source.find("b"), &source.at("b"));
  expect_error(ErrorKind::input, {"tensor \"nothing\" is not in the checkpoint"},
               [&] { source.at("nothing"); });
  TensorInfo copy = source.at("b");
  EXPECT_EQ(source.read(copy).size(0), 4);
  copy.name = "nothing";
  expect_error(ErrorKind::input, {"\"nothing\""}, [&] { source.read(copy); });
}

}  // namespace
}  // namespace halftone
