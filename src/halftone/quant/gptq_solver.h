// GPTQ in its LDLQ form (Chee et al. 2023, "QuIP", theorem 6): the same numbers without an inverse.
//
// With H = R R^T, R upper triangular, U = R diag(R)^-1 and Q the rounding to the grid, columns k = 0, 1, ...:
//   what_k = w_k + (W - What)_{<k} U_{<k,k},   What_k = Q(what_k).
// The loss is tr((W - What) H (W - What)^T) = sum_k R_kk^2 |what_k - What_k|^2.
// GPTQ: Frantar et al. 2022, arXiv 2210.17323.
#pragma once

#include <cstdint>

#include "halftone/quant/quantized_tensor.h"
#include "halftone/tensor/tensor.h"

namespace halftone {

struct SolverOptions {
  // Whether all grids come from the original weight. Else those of a group come from its columns as the inverse
  // form (the original code) holds them when it reaches the first: W + F U^-1, where F is what the sum above
  // feeds forward from earlier groups and U is the group's own block.
  bool static_grids = true;
  ClipSearch clip = {};
  std::int64_t block = 256;  // columns per product; a multiple of the group where grids are not static
  // [in] int64: columns are quantized in this order, on static grids of their own groups ("act-order" that
  // leaves no trace in the result). `factor` must then be that of the permuted H. Undefined: from left to
  // right.
  Tensor order = {};
};

struct SolverResult {
  QuantizedTensor quantized;
  double loss = 0;  // tr(E H E^T) of the damped H
};

// Quantizes `w` [out, in] float32, contiguous, column by column; `w` is overwritten.
// `factor` [in, in] float32 holds R in its upper triangle, diagonal included; what stands below is ignored.
// `static_grids` holds the grids when options.static_grids, else it is ignored.
// On the CPU rows run in parallel in our own loops; on another device the same steps run as ATen operations.
SolverResult solve_ldlq(Tensor w, const Tensor& factor, const WeightScheme& scheme,
                        const GridTable& static_grids, const SolverOptions& options);

// Rows and columns of h in the order `order` [n] int64, in place and without a second h. `h` [n, n] float32,
// contiguous, is symmetric and given by its lower triangle; it comes back with its lower triangle permuted.
void permute_symmetric_(Tensor h, const Tensor& order);

}  // namespace halftone
