"""Quantized weights of a compressed-tensors directory, read by the format's description alone.

    python3 compressed_tensors_reader.py OUT        each module's format, bits, shape and largest weight

  pack-quantized   weight_packed I32 [N, ceil(K b / 32)]: row by row, element k in bits [k b, k b + b) of the row's bit
                   string, least significant first, as q + 2^(b-1); weight_zero_point packed so along N
  int-quantized    weight I8 [N, K], one code a byte
  float-quantized  weight F8_E4M3 [N, K]

All with weight_scale [N, G], or [1]; W = (q - zero) * scale[n][k / (K / G)].
"""

import re
import sys
from dataclasses import dataclass

import numpy

from safetensors_file import Checkpoint


@dataclass
class Module:
    """One quantized linear: what config.json says of it, its codes as they are stored, its weight [N, K]."""
    layout: str
    weights: dict
    inputs: dict
    codes: numpy.ndarray
    zero: numpy.ndarray
    scale: numpy.ndarray
    weight: numpy.ndarray


def unpack_rows(words, bits, count):
    """The signed codes [rows, count] of 32-bit words [rows, ceil(count bits / 32)]."""
    rows = words.shape[0]
    raw = numpy.ascontiguousarray(words.astype("<i4")).view(numpy.uint8).reshape(rows, -1)
    string = numpy.unpackbits(raw, axis=1, bitorder="little")
    if string.shape[1] != -(-count * bits // 32) * 32 or string[:, count * bits:].any():
        raise ValueError(f"{string.shape[1]} bits a row for {count} codes of {bits}, or padding that is not zero")
    fields = string[:, :count * bits].reshape(rows, count, bits).astype(numpy.int32)
    return (fields << numpy.arange(bits)).sum(axis=2) - (1 << bits - 1)


def matches(entry, module):
    """The library's rule: the class, the exact path, or a regex that is anchored at the path's start."""
    return re.match(entry[3:], module) is not None if entry.startswith("re:") else entry in (module, "Linear")


def group_of(config, module):
    """The one group of config.json that names a module."""
    quantization = config["quantization_config"]
    if any(matches(entry, module) for entry in quantization["ignore"]):
        raise ValueError(f"{module} is both ignored and quantized")
    found = [group for group in quantization["config_groups"].values()
             if any(matches(target, module) for target in group["targets"])]
    if len(found) != 1:
        raise ValueError(f"{module} belongs to {len(found)} groups")
    return found[0], found[0].get("format") or quantization["format"]


def read_packed(checkpoint, module, weights, scale):
    """Codes and zero points of pack-quantized."""
    rows, columns = (int(size) for size in checkpoint.read(module + ".weight_shape"))
    codes = unpack_rows(checkpoint.read(module + ".weight_packed"), weights["num_bits"], columns)
    zero_name = module + ".weight_zero_point"
    if (zero_name in checkpoint) == weights["symmetric"]:
        raise ValueError(f"{module}: a zero point belongs to asymmetric weights and to no others")
    if weights["symmetric"]:
        return codes, numpy.zeros_like(scale)
    return codes, unpack_rows(checkpoint.read(zero_name).T, weights["num_bits"], rows).T


def read_module(checkpoint, module):
    """One quantized module."""
    group, layout = group_of(checkpoint.config, module)
    weights, scale = group["weights"], checkpoint.read(module + ".weight_scale")
    if layout == "pack-quantized":
        codes, zero = read_packed(checkpoint, module, weights, scale)
    elif layout in ("int-quantized", "float-quantized"):
        if checkpoint.row(module + ".weight")["dtype"] != {"int-quantized": "I8", "float-quantized": "F8_E4M3"}[layout]:
            raise ValueError(f"{module}: not the type of {layout}")
        codes, zero = checkpoint.read(module + ".weight"), numpy.zeros_like(scale)
    else:
        raise ValueError(f"{module}: format {layout} is not known here")
    if not numpy.isfinite(scale).all():
        raise ValueError(f"{module}: a scale is not finite")
    columns = codes.shape[1]
    if weights["strategy"] == "group" and scale.shape[1] * weights["group_size"] != columns:
        raise ValueError(f"{module}: {scale.shape[1]} groups of {weights['group_size']} for {columns} columns")
    spread = columns // scale.shape[-1]
    wide_scale, wide_zero = (numpy.repeat(part, spread, axis=-1) for part in (scale, zero))
    weight = (codes.astype(numpy.float32) - wide_zero.astype(numpy.float32)) * wide_scale
    return Module(layout, weights, group["input_activations"], codes, zero, scale, weight.astype(numpy.float32))


def read_directory(directory):
    """All quantized modules of a directory by their names in the checkpoint."""
    checkpoint = Checkpoint(directory)
    suffix = ".weight_scale"
    return {name[:-len(suffix)]: read_module(checkpoint, name[:-len(suffix)]) for name in sorted(checkpoint.home)
            if name.endswith(suffix)}


def main():
    for name, module in read_directory(sys.argv[1]).items():
        rows, columns = module.weight.shape
        print(f"{name}  {module.layout}  {module.weights['num_bits']} bits  {rows} x {columns}  "
              f"{abs(module.weight).max():.6g}")


if __name__ == "__main__":
    main()
