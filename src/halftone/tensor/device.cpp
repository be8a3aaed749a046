#include "halftone/tensor/device.h"

#include <charconv>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/util/Exception.h>

namespace halftone {

at::Device parse_device(const std::string& word) {
  if (word == "cpu") return at::kCPU;
  if (word == "auto") return at::hasCUDA() ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
  require(word == "cuda" || word.starts_with("cuda:"), ErrorKind::usage,
          "device \"{}\" is unknown, expected auto, cpu or cuda:N", word);
  int index = 0;
  if (word != "cuda") {
    const auto [end, error] = std::from_chars(word.data() + 5, word.data() + word.size(), index);
    require(error == std::errc() && end == word.data() + word.size() && index >= 0 && index < 128,
            ErrorKind::usage, "device \"{}\" is unknown, expected auto, cpu or cuda:N", word);
  }
  require(at::hasCUDA(), ErrorKind::resource,
          "device \"{}\" is not available: this build or machine has no CUDA GPU; use --device cpu", word);
  const int count = at::detail::getCUDAHooks().deviceCount();
  require(index < count, ErrorKind::resource, "device \"{}\" is not available: the machine has {} CUDA GPUs",
          word, count);
  return {at::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

bool has_fast_bfloat16(at::Device device) {
#if defined(__x86_64__)
  // Every x86 processor with AMX has AVX512-BF16 too.
  return device.is_cuda() || __builtin_cpu_supports("avx512bf16");
#else
  return device.is_cuda();
#endif
}

void choose_threads(std::int64_t model_bytes) {
  static const int usual = at::get_num_threads();
  constexpr std::int64_t kSmallModel = 64 << 20;
  at::set_num_threads(model_bytes < kSmallModel ? 1 : usual);
}

Error current_torch_error() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const c10::OutOfMemoryError& error) {
    return Error(ErrorKind::resource, "the device is out of memory",
                 "lower the micro-batch or use --device cpu");
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    // The CPU allocator reports exhaustion as a plain error.
    if (text.find("not enough memory") != std::string::npos ||
        text.find("can't allocate memory") != std::string::npos) {
      return Error(ErrorKind::resource, "out of memory",
                   "give the process more memory, or lower the micro-batch");
    }
    return Error(ErrorKind::internal, text.substr(0, text.find('\n')));
  } catch (...) {
    return current_error();
  }
}

}  // namespace halftone
