"""Safetensors files read by hand: the header's rules, and BF16 and FP8 decoded bit by bit.

    u64 little-endian N | N bytes of JSON, padded with spaces | the tensors' bytes, C order, little-endian

Needs numpy alone, so that what it says about a file owes nothing to the libraries that engines read it with.
"""

import json
import math
from pathlib import Path

import numpy

# Names of the format, the bytes of one element, and how numpy holds the bits.
DTYPES = {"BOOL": "u1", "U8": "u1", "I8": "i1", "F8_E4M3": "u1", "I16": "<i2", "F16": "<f2", "BF16": "<u2",
          "I32": "<i4", "F32": "<f4", "I64": "<i8", "F64": "<f8"}


def bf16_values(bits):
    """BF16 is the upper half of a float32."""
    return (bits.astype(numpy.uint32) << 16).view(numpy.float32)


def bf16_bits(values):
    """float32 rounded to the nearest BF16, ties to even; for finite values."""
    bits = numpy.ascontiguousarray(values, numpy.float32).view(numpy.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(numpy.uint16)


def e4m3_value(byte):
    """One sign bit, four of exponent with bias 7, three of mantissa; no infinities, all ones is no number."""
    sign, exponent, mantissa = -1.0 if byte & 0x80 else 1.0, byte >> 3 & 15, byte & 7
    if exponent == 15 and mantissa == 7:
        return math.nan
    return sign * (mantissa / 8 * 2.0**-6 if exponent == 0 else (1 + mantissa / 8) * 2.0**(exponent - 7))


E4M3 = numpy.array([e4m3_value(byte) for byte in range(256)], numpy.float32)


def parse_header(data, size, name):
    """The tensors' rows of the header, after every check that the format asks of a reader."""
    length = int.from_bytes(data[:8], "little")
    if length > 100_000_000 or 8 + length > size or data[8:9] != b"{":
        raise ValueError(f"{name}: no header")
    rows = json.loads(data[8:8 + length].decode(), object_pairs_hook=unique)
    rows.pop("__metadata__", None)
    end = 0
    for tensor, row in sorted(rows.items(), key=lambda item: item[1]["data_offsets"]):
        begin, stop = row["data_offsets"]
        expected = math.prod(row["shape"]) * numpy.dtype(DTYPES[row["dtype"]]).itemsize
        if begin != end or stop - begin != expected:
            raise ValueError(f"{name}: {tensor} lies at {begin}-{stop}, expected {end}-{end + expected}")
        end = stop
    if 8 + length + end != size:
        raise ValueError(f"{name}: {size} bytes, expected {8 + length + end}")
    return rows, 8 + length


def unique(pairs):
    """A JSON object whose keys may not repeat."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a header names a tensor twice")
    return found


class SafetensorsFile:
    """One file: `rows` of the header by tensor, and the tensors themselves."""

    def __init__(self, path):
        self.data = Path(path).read_bytes()
        self.rows, self.start = parse_header(self.data, len(self.data), Path(path).name)

    def stored(self, name):
        """The tensor as it lies in the file: BF16 and FP8 as their bits."""
        row = self.rows[name]
        begin, end = (self.start + offset for offset in row["data_offsets"])
        return numpy.frombuffer(self.data[begin:end], DTYPES[row["dtype"]]).reshape(row["shape"])

    def read(self, name):
        """The tensor's values: every float type as float32, integers as they are."""
        stored, dtype = self.stored(name), self.rows[name]["dtype"]
        if dtype == "BF16":
            return bf16_values(stored)
        if dtype == "F8_E4M3":
            return E4M3[stored]
        return stored.astype(numpy.float32) if dtype in ("F16", "F32", "F64") else stored


class Checkpoint:
    """All safetensors of a directory, by tensor; its index, if there is one, must tell the truth."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.config = json.loads((self.directory / "config.json").read_text())
        files = {path.name: SafetensorsFile(path) for path in sorted(self.directory.glob("*.safetensors"))}
        self.home = {tensor: file for file in files.values() for tensor in file.rows}
        if len(self.home) != sum(len(file.rows) for file in files.values()):
            raise ValueError(f"{directory}: two files hold the same tensor")
        index = self.directory / "model.safetensors.index.json"
        if index.exists() != (list(files) != ["model.safetensors"]):
            raise ValueError(f"{directory}: an index belongs to several files, one file has none")
        if index.exists():
            self.check_index(json.loads(index.read_text()), files)

    def check_index(self, index, files):
        placed = {tensor: name for name, file in files.items() for tensor in file.rows}
        size = sum(len(file.data) - file.start for file in files.values())
        if index["weight_map"] != placed or index["metadata"]["total_size"] != size:
            raise ValueError(f"{self.directory}: the index and the files disagree")

    def __contains__(self, tensor):
        return tensor in self.home

    def row(self, tensor):
        return self.home[tensor].rows[tensor]

    def read(self, tensor):
        return self.home[tensor].read(tensor)

    def stored(self, tensor):
        return self.home[tensor].stored(tensor)
