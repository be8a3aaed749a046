// The weights of one block in memory, and how they come from a checkpoint and go back.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "halftone/io/tensor_source.h"
#include "halftone/model/block.h"
#include "halftone/quant/quantized_tensor.h"
#include "halftone/tensor/tensor.h"

namespace halftone {

// Values of a block's slots, parallel to Block::slots. A quantized matrix replaces the float one.
struct BlockWeights {
  std::vector<Tensor> values;                             // undefined for lookup slots and quantized matrices
  std::vector<std::optional<QuantizedTensor>> quantized;  // parallel
  std::map<std::string, Tensor> tensors;  // what was read, by checkpoint name; shares its storage
  // Rows of a lookup slot by index: ids [n] int64 -> [n, dim].
  std::function<Tensor(SlotId, const Tensor& ids)> lookup;

  // The matrix in `dtype`, dequantized if need be.
  Tensor matrix(SlotId slot, at::ScalarType dtype) const;
  std::int64_t bytes() const;
};

// Reads the block's slots onto `device` in the checkpoint's own types. Fused tensors are read once.
// Lookup slots read single rows from `source`, which must outlive the result.
// With `only`, slots for which it is false are left undefined.
BlockWeights load_block(const Block& block, TensorSource& source, at::Device device,
                        const std::function<bool(const Slot&)>& only = {});

// The rows of `tensor` that the pattern selects: a view for plain and single-period patterns.
Tensor select_rows(const Tensor& tensor, const RowPattern& pattern);
// The inverse: writes `rows` into the places of `tensor` that the pattern selects.
void place_rows(Tensor tensor, const RowPattern& pattern, const Tensor& rows);

}  // namespace halftone
