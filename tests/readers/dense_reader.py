"""Weights of a directory that holds plain floats.

    python3 dense_reader.py OUT        each matrix's type, shape and largest weight
"""

import sys

from safetensors_file import Checkpoint


def read_directory(directory):
    """All matrices of a directory by tensor, float types as float32; it must not claim to be quantized."""
    checkpoint = Checkpoint(directory)
    if "quantization_config" in checkpoint.config:
        raise ValueError(f"{directory}: config.json says that it is quantized")
    return {name: checkpoint.read(name) for name in sorted(checkpoint.home) if len(checkpoint.row(name)["shape"]) == 2}


def main():
    checkpoint = Checkpoint(sys.argv[1])
    for name, weight in read_directory(sys.argv[1]).items():
        print(f"{name}  {checkpoint.row(name)['dtype']}  {' x '.join(map(str, weight.shape))}  {abs(weight).max():.6g}")


if __name__ == "__main__":
    main()
