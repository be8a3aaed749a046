#include "halftone/model/weights.h"

#include <algorithm>
#include <map>

#include <ATen/ops/stack.h>

#include "halftone/base/error.h"
#include "halftone/tensor/dtype.h"

namespace halftone {
namespace {

// A tensor seen as [periods, period, ...]; the pattern's rows are a range of the second axis.
Tensor by_period(const Tensor& tensor, const RowPattern& pattern) {
  std::vector<std::int64_t> shape = tensor.sizes().vec();
  const std::int64_t periods = shape[0] / pattern.period;
  shape[0] = pattern.period;
  shape.insert(shape.begin(), periods);
  return tensor.view(shape).narrow(1, pattern.offset, pattern.count);
}

// Reads the rows of a table that `ids` name, each once, neighbours together.
Tensor read_rows(TensorSource& source, const TensorInfo& info, const Tensor& ids) {
  const Tensor host = ids.cpu().contiguous();
  const std::int64_t* wanted = host.const_data_ptr<std::int64_t>();
  std::map<std::int64_t, Tensor> rows;
  for (std::int64_t i = 0; i < host.numel(); ++i) {
    require(wanted[i] >= 0 && wanted[i] < info.shape[0], ErrorKind::input,
            "token id {} is outside the {} rows of \"{}\"", wanted[i], info.shape[0], info.name);
    rows.emplace(wanted[i], Tensor());
  }
  for (auto& [id, row] : rows) row = source.read(info, id, 1)[0];
  std::vector<Tensor> picked;
  picked.reserve(static_cast<size_t>(host.numel()));
  for (std::int64_t i = 0; i < host.numel(); ++i) picked.push_back(rows.at(wanted[i]));
  return at::stack(picked);
}

}  // namespace

Tensor BlockWeights::matrix(SlotId slot, at::ScalarType dtype) const {
  const auto index = static_cast<size_t>(slot);
  return quantized[index] ? dequantize(*quantized[index], dtype) : values[index].to(dtype);
}

std::int64_t BlockWeights::bytes() const {
  std::int64_t sum = 0;
  for (const auto& value : values) sum += value.defined() ? static_cast<std::int64_t>(value.nbytes()) : 0;
  return sum;
}

Tensor select_rows(const Tensor& tensor, const RowPattern& pattern) {
  if (pattern.plain()) return tensor;
  const Tensor rows = by_period(tensor, pattern);
  if (rows.size(0) == 1) return rows[0];
  std::vector<std::int64_t> shape = tensor.sizes().vec();
  shape[0] = rows.size(0) * pattern.count;
  return rows.reshape(shape);
}

void place_rows(Tensor tensor, const RowPattern& pattern, const Tensor& rows) {
  if (pattern.plain()) {
    tensor.copy_(rows.reshape(tensor.sizes()));
    return;
  }
  Tensor target = by_period(tensor, pattern);
  target.copy_(rows.reshape(target.sizes()));
}

BlockWeights load_block(const Block& block, TensorSource& source, at::Device device,
                        const std::function<bool(const Slot&)>& only) {
  BlockWeights weights;
  weights.values.resize(block.slots.size());
  weights.quantized.resize(block.slots.size());
  for (size_t i = 0; i < block.slots.size(); ++i) {
    const Slot& slot = block.slots[i];
    if (slot.lookup || (only && !only(slot))) continue;
    Tensor& whole = weights.tensors[slot.part.tensor];  // slots of a fused tensor share it
    if (!whole.defined()) whole = source.read(source.at(slot.part.tensor));
    weights.values[i] = select_rows(whole, slot.part.rows).reshape(slot.shape).to(device);
  }
  weights.lookup = [&block, &source, device](SlotId slot, const Tensor& ids) {
    const TensorInfo& info = source.at(block.slots[static_cast<size_t>(slot)].part.tensor);
    return read_rows(source, info, ids).to(device);
  };
  return weights;
}

}  // namespace halftone
