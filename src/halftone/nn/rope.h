// Rotary position embeddings, half-split layout: channel d is rotated with channel d + dim/2. Su et al. 2021.
#pragma once

#include <cstdint>
#include <span>

#include "halftone/tensor/tensor.h"

namespace halftone {

// theta^(-2k/dim) for k = 0 .. dim/2 - 1, float32, computed as the reference does (power, then reciprocal);
// divided by factors [dim/2] where they are given (LongRoPE, arXiv 2402.13753).
Tensor inverse_frequencies(std::int64_t dim, double theta, const Tensor& factors = {});

// What turns a vector at each position: cos and sin [rows, dim], both halves alike, float32.
struct RopeTable {
  Tensor cos, sin;
};

// Table of angles [rows, dim/2] float32; the amplitude multiplies cos and sin.
RopeTable rope_table(const Tensor& angles, double amplitude = 1);

// Angles position * frequency. positions [rows] int64 -> [rows, dim/2].
Tensor rope_angles(const Tensor& positions, const Tensor& frequencies);

// Angles of several position axes: frequency k uses the axis of its section (M-RoPE: sections of temporal,
// height and width positions, contiguous). positions [axes, rows]; the sections add up to the number of
// frequencies.
Tensor rope_angles_by_section(const Tensor& positions, const Tensor& frequencies,
                              std::span<const std::int64_t> sections);

// x [rows, heads, dim] rotated row by row; the table is cast to x's type first.
Tensor apply_rope(const Tensor& x, const RopeTable& table);

}  // namespace halftone
