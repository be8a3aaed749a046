// What runs between blocks.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "halftone/nn/attention.h"
#include "halftone/tensor/tensor.h"

namespace halftone {

// Modality of a token.
inline constexpr std::uint8_t kText = 0;
inline constexpr std::uint8_t kVision = 1;

// A micro-batch: samples packed row after row, never padded. Constant while it goes through the model, but for
// the pixels, which are made for the first vision block and dropped after it.
struct Batch {
  std::vector<std::size_t> samples;  // indices into the sample list
  Spans tokens;                      // one span a sample
  Tensor ids;                        // [tokens] int64
  Tensor positions;                  // [axes, tokens] int64
  Tensor modality;                   // [tokens] uint8, kText or kVision
  Tensor weight;  // [tokens] float32: how much a token counts in statistics; undefined: all 1

  Spans vision;        // attention segments of the vision rows (a picture, a frame or a tile)
  Tensor coordinates;  // [vision rows, axes] int64 grid positions; undefined when the tower has none
  bool has_vision() const { return vision.rows() > 0; }
};

struct Flow {
  Tensor
      hidden;  // [rows, dim]; pixels before the first vision block; undefined where a stage has nothing to do
  std::shared_ptr<const Batch> batch;
  std::map<std::string, Tensor> side;  // tensors that skip blocks (deep-stack features)
};

}  // namespace halftone
