// Which device computes, and how torch's own failures become ours.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "halftone/base/error.h"
#include "halftone/tensor/tensor.h"

namespace halftone {

// "auto" (a GPU if this build and machine have one, else the CPU), "cpu", "cuda" (the first GPU) or "cuda:N".
// Throws Error(usage) for another word, Error(resource) for a GPU that is not there.
at::Device parse_device(const std::string& word);

// Whether matrix products in bfloat16 are faster than in float32 on this device (AMX or AVX512-BF16 on a CPU).
bool has_fast_bfloat16(at::Device device);

// A model whose matrices are this small spends more on waking threads than on arithmetic, tens of times more on
// a machine that is doing other work: its products run on one thread. Larger ones keep what torch and
// OMP_NUM_THREADS chose. For the whole process, until the next call.
void choose_threads(std::int64_t model_bytes);

// The current exception, torch's included: its out-of-memory becomes a resource error, anything else of torch's
// an internal one without the backtrace. Call inside a catch block only.
Error current_torch_error();

// while_doing for code that calls ATen.
template <class Body>
decltype(auto) while_computing(const std::string& doing, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    Error error = current_torch_error();
    error.add_context(doing);
    throw error;
  }
}

}  // namespace halftone
