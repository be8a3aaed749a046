// Changes of basis of a space, applied to the weights of a block. True for every family and method.
//
// A change x' = x / s or x' = x Q of the activations in a space is undone by its readers and done by its
// producers:
//   readers    W' = W diag(s)    or  W Q                 on the input axis, copies included
//   producers  W' = diag(1/s) W  or  Q^T W,  b' = b / s  or  b Q,  tables E' = E / s  or  E Q
//   links to   gain' = gain / s, shift' = shift / s
//   links from gain' = gain * s for a layer scale; a norm forbids diagonals
// An orthogonal change of a residual stream passes its norms only when their gains are one and their shifts
// zero (fold_links), and then turns what they feed as well (stream_rotation). SliceGPT, arXiv 2401.15024;
// QuaRot, arXiv 2404.00456.
#pragma once

#include <vector>

#include "halftone/model/graph.h"
#include "halftone/model/weights.h"
#include "halftone/tensor/tensor.h"

namespace halftone {

struct BasisChange {
  SpaceId space = -1;
  Tensor diagonal;    // [dim] s, no zeros; or undefined
  Tensor orthogonal;  // [blocks, d, d] with blocks * d = dim: block diagonal Q; or undefined
};

// Changes every slot of the block that touches the space; matrices and tables become float32 (float64 stays).
// Throws Error(internal) for a change that a slot or link cannot carry.
void apply(const BasisChange& change, const ModelGraph& graph, const Block& block, BlockWeights& weights);

// Moves gains and shifts of the block's links that touch the stream into the matrices beside them, exactly:
// norms into their readers (a shift needs a bias there), layer scales into their producers.
void fold_links(const ModelGraph& graph, const Block& block, BlockWeights& weights, SpaceId stream);

// The changes that turn a residual stream by q [dim, dim]: the stream itself and every space that a folded link
// ties to it.
std::vector<BasisChange> stream_rotation(const ModelGraph& graph, SpaceId stream, const Tensor& q);

// Takes the mean out of everything that writes into the stream, x' = x - mean(x): readers behind layer norms do
// not notice, and their norms become RMS norms of the same eps. Exact where the stream's space admits centring.
// Throws Error(internal) for a layer scale into the stream that is not folded.
void centre_producers(const Block& block, BlockWeights& weights, SpaceId stream);

// A vector of the space laid out along an axis, copies included: [dim] -> [dim * copies].
Tensor spread(const Tensor& vector, const Axis& axis, const Space& space);

}  // namespace halftone
