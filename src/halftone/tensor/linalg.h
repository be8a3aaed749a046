// Factorization of Gram matrices.
#pragma once

#include <cstdint>
#include <optional>

#include "halftone/tensor/tensor.h"

namespace halftone {

// Reversed Cholesky factorization in place: H = R R^T with R upper triangular.
//
// `h` is [n, n] float32 or float64, contiguous. Its strictly lower triangle and its diagonal hold H; what
// stands above is ignored. On success the upper triangle, diagonal included, holds R. The strictly lower
// triangle is never written, so H survives but for its diagonal. Returns false where a pivot was not positive;
// the upper triangle is then undefined. Left-looking by blocks of columns: everything of order n^3 is one
// product per block, on views of `h`.
bool reversed_cholesky_(Tensor h);

struct Damping {
  double first = 0.01;   // share of the mean diagonal added at first
  double factor = 10.0;  // growth after a failure
  std::int64_t attempts = 6;
};

struct DampedFactor {
  double damp = 0;            // the share that held
  std::int64_t attempts = 0;  // how many it took
};

// Factors H + damp * mean(diag H) * I as above, with a growing damp until it holds (after a first damp of 0
// comes 1e-4 * factor). A zero on the diagonal, an input that never fires, counts as the mean of the diagonal;
// so does an H of zeros as one of mean 1. Throws Error(numeric) if H holds numbers that are not finite or the
// last attempt fails.
DampedFactor damped_reversed_cholesky_(Tensor h, const Damping& damping);

// Copies the strictly lower triangle onto the strictly upper one, in place and without a second matrix.
void mirror_lower_(Tensor h);

}  // namespace halftone
