#include "halftone/tensor/device.h"

#include <stdexcept>

#include "tests/expect_error.h"
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#if defined(__SANITIZE_ADDRESS__)
// One test asks for more memory than there is.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
#endif

namespace halftone {
namespace {

TEST(ParseDevice, KnowsItsWords) {
  EXPECT_EQ(parse_device("cpu"), at::Device(at::kCPU));
  EXPECT_EQ(parse_device("auto").is_cuda(), at::hasCUDA());
}

TEST(ParseDevice, OtherWordsAreTheUsersFault) {
  for (const char* word : {"", "gpu", "CPU", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda: 0", "cuda0",
                           "cuda:+1", "cuda:128", "cuda:99999999999999999999"}) {
    expect_error(ErrorKind::usage, {std::string("\"") + word + "\"", "cuda:N"}, [&] { parse_device(word); });
  }
}

TEST(ParseDevice, AGpuThatIsNotThereIsMissing) {
  // No machine has 128 of them.
  expect_error(ErrorKind::resource, {"\"cuda:127\"", "not available"}, [] { parse_device("cuda:127"); });
  if (at::hasCUDA()) {
    EXPECT_EQ(parse_device("cuda"), at::Device(at::kCUDA, 0));
    EXPECT_EQ(parse_device("cuda:0"), at::Device(at::kCUDA, 0));
  } else {
    expect_error(ErrorKind::resource, {"\"cuda\"", "--device cpu"}, [] { parse_device("cuda"); });
  }
}

TEST(FastBfloat16, IsTrueOfEveryGpu) {
  EXPECT_TRUE(has_fast_bfloat16(at::Device(at::kCUDA, 0)));
  EXPECT_EQ(has_fast_bfloat16(at::kCPU), has_fast_bfloat16(at::kCPU));
}

TEST(ChooseThreads, SmallModelsRunOnOne) {
  at::set_num_threads(3);
  choose_threads(std::int64_t{1} << 40);
  EXPECT_EQ(at::get_num_threads(), 3);
  choose_threads(12 << 20);
  EXPECT_EQ(at::get_num_threads(), 1);
  choose_threads(std::int64_t{1} << 40);
  EXPECT_EQ(at::get_num_threads(), 3);
}

TEST(WhileComputing, TorchErrorsAreInternalAndOneLine) {
  const Error error = error_of([] {
    while_computing("solving a", [] { at::empty({2, 3}).add_(at::empty({4, 5})); });
  });
  EXPECT_EQ(error.kind(), ErrorKind::internal);
  EXPECT_THAT(error.message(), testing::HasSubstr("size"));
  EXPECT_THAT(error.message(), testing::Not(testing::HasSubstr("\n")));
  EXPECT_THAT(error.context(), testing::ElementsAre("solving a"));
}

TEST(WhileComputing, ExhaustedMemoryIsAResource) {
  expect_error(ErrorKind::resource, {"out of memory"},
               [] { while_computing("a", [] { at::empty({std::int64_t{1} << 58}, at::kByte); }); });
  expect_error(ErrorKind::resource, {"the device is out of memory"},
               [] { while_computing("a", [] { C10_THROW_ERROR(OutOfMemoryError, "CUDA out of memory"); }); });
}

TEST(WhileComputing, OurErrorsAndOthersPassAsElsewhere) {
  expect_error(ErrorKind::numeric, {"odd"},
               [] { while_computing("a", [] { fail(ErrorKind::numeric, "odd"); }); });
  expect_error(ErrorKind::resource, {"out of memory"},
               [] { while_computing("a", [] { throw std::bad_alloc(); }); });
  expect_error(ErrorKind::internal, {"r"}, [] { while_computing("a", [] { throw std::runtime_error("r"); }); });
  EXPECT_EQ(while_computing("a", [] { return 7; }), 7);
}

}  // namespace
}  // namespace halftone
