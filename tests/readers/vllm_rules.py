#!/usr/bin/env python3
"""What vLLM would do with each layer of a compressed-tensors directory, by its rules, without vLLM.

    python3 vllm_rules.py OUT [--sm 80] [--tp 1] [--float16] [--strict]

Prints a line a layer: the kernel, "float" for what is ignored, or why vLLM refuses; exits 1 if it refuses one.
Follows the order of vLLM's own loading: names go through the model's mapper, q, k, v and gate, up become one layer,
the ignore list and the groups' targets are matched, a scheme is chosen by its arguments, tensors must have the types
and shapes that the scheme allocates, and a kernel must take the shape of one rank. --strict is vLLM before Marlin
padded odd tiles.
"""

import argparse
import re
import sys
from dataclasses import dataclass, field

from safetensors_file import Checkpoint

FUSED = {"qkv_proj": ["q_proj", "k_proj", "v_proj"], "gate_up_proj": ["gate_proj", "up_proj"]}

# Linears that are split along their inputs between ranks; all others are split along their outputs.
ROW_PARALLEL = re.compile(r"\.(o_proj|out_proj|projection_layer|down_proj|wo|w2|proj|fc2|mlp\.2|linear_2)$")

# Checkpoint prefixes and what vLLM calls them, in the order in which it tries them.
MAPPERS = {"internvl_chat": [],
           "internvl": [("model.language_model.", "language_model.model."), ("model.vision_tower.", "vision_tower."),
                        ("model.multi_modal_projector.", "multi_modal_projector."),
                        ("lm_head.", "language_model.lm_head.")],
           "qwen2_vl": [("model.language_model.", "language_model.model."), ("model.visual.", "visual."),
                        ("lm_head.", "language_model.lm_head."), ("model.", "language_model.model.")],
           "llava": [("model.language_model.", "language_model.model."), ("model.vision_tower.", "vision_tower."),
                     ("model.multi_modal_projector.", "multi_modal_projector."),
                     ("lm_head.", "language_model.lm_head.")]}


class Refusal(Exception):
    """Why vLLM does not load a layer."""


@dataclass
class Machine:
    """Compute capability, ranks, whether activations are FP16, and whether Marlin pads tiles that do not fit."""
    sm: int = 80
    ranks: int = 1
    float16: bool = False
    pads: bool = True


@dataclass
class Layer:
    """One layer of vLLM: the checkpoint's modules that it fuses, and the shape [N, K] over all ranks."""
    name: str
    modules: list = field(default_factory=list)
    rows: int = 0
    columns: int = 0

    @property
    def class_name(self):
        leaf = self.name.rpartition(".")[2]
        if leaf in ("qkv_proj", "qkv", "wqkv"):
            return "QKVParallelLinear"
        if leaf in FUSED:
            return "MergedColumnParallelLinear"
        return "RowParallelLinear" if ROW_PARALLEL.search(self.name) else "ColumnParallelLinear"


@dataclass
class Verdict:
    layer: str
    kernel: str = ""
    refusal: str = ""


# ---- names

def mapped(name, mapper):
    """A checkpoint's name as vLLM's; entries of ignore and targets go through the same prefixes."""
    for prefix, new in mapper:
        if name.startswith(prefix):
            name = new + name[len(prefix):]
    return name


def equal_or_regex(name, entry):
    return re.match(entry[3:], name) is not None if entry.startswith("re:") else entry == name


def shards_of(name):
    """The names that a fused layer's parts have, or the layer's own."""
    parent, _, leaf = name.rpartition(".")
    return [f"{parent}.{part}" for part in FUSED[leaf]] if leaf in FUSED else [name]


def ignored(name, ignore):
    """Class names mean nothing here; the parts of a fused layer must agree, unless it is named itself."""
    if name in ignore:
        return True
    answers = {any(equal_or_regex(shard, entry) for entry in ignore) for shard in shards_of(name)}
    if len(answers) > 1:
        raise Refusal("Found a different quantization schemes: some of its parts are ignored, others are not")
    return answers.pop()


def first_match(name, groups):
    """The first group with a target that is the name, or a regex for it."""
    return next((g for g in groups if any(equal_or_regex(name, entry) for entry in g["targets"])), None)


def group_of(layer, groups):
    """By the layer's path, then by its class (a part of its name, in any case), then by a fused layer's parts."""
    by_class = next((g for g in groups for entry in g["targets"]
                     if not entry.startswith("re:") and entry.lower() in layer.class_name.lower()), None)
    found = first_match(layer.name, groups) or by_class
    if found:
        return found
    parts = [first_match(shard, groups) for shard in shards_of(layer.name)]
    if any(part is None for part in parts):
        raise Refusal("Unable to find matching target")
    if any(part is not parts[0] for part in parts):
        raise Refusal("Found a different quantization schemes: its parts belong to several groups")
    return parts[0]


# ---- schemes and the tensors that they allocate

def scheme_of(weights, inputs, layout, machine):
    """The scheme's name; its arguments alone decide."""
    kind, bits, strategy = weights["type"], weights["num_bits"], weights["strategy"]
    whole = strategy in ("tensor", "channel")
    if inputs is None and layout == "pack-quantized" and kind == "int" and strategy in ("channel", "group"):
        return "WNA16"
    dynamic = inputs is not None and inputs["strategy"] == "token" and inputs["dynamic"] is True
    same = inputs is not None and (inputs["type"], inputs["num_bits"], bits) == (kind, 8, 8)
    if dynamic and same and whole and weights["symmetric"] and not weights["dynamic"]:
        if layout == "int-quantized" and kind == "int" and machine.sm >= 75:
            return "W8A8Int8"
        if layout == "float-quantized" and kind == "float":
            return "W8A8Fp8" if machine.sm >= 89 else "W8A16Fp8"
    raise Refusal("No compressed-tensors compatible scheme was found")


def allocated(scheme, weights, rows, columns):
    """Types and shapes of the tensors of one module that are not there before the scheme allocates them."""
    groups = columns // weights["group_size"] if weights["strategy"] == "group" else 1
    scale = [1] if weights["strategy"] == "tensor" else [rows, groups]
    if scheme != "WNA16":
        return {"weight": ("I8" if scheme == "W8A8Int8" else "F8_E4M3", [rows, columns]), "weight_scale": (None, scale)}
    bits = weights["num_bits"]
    tensors = {"weight_packed": ("I32", [rows, -(-columns * bits // 32)]), "weight_scale": (None, scale),
               "weight_shape": ("I64", [2])}
    if not weights["symmetric"]:
        tensors["weight_zero_point"] = ("I32", [rows * bits // 32, groups])
    return tensors


def check_tensors(checkpoint, module, expected):
    """A loader stops at a name that it did not allocate and at a shape that differs."""
    prefix = module + "."
    present = {name[len(prefix):] for name in checkpoint.home if name.startswith(prefix)} - {"bias"}
    if present != set(expected):
        raise Refusal(f"{module} holds {', '.join(sorted(present))}, not {', '.join(sorted(expected))}")
    for name, (dtype, shape) in expected.items():
        row = checkpoint.row(prefix + name)
        if row["shape"] != shape or row["dtype"] != (dtype or row["dtype"]):
            raise Refusal(f"{prefix}{name} is {row['dtype']} {row['shape']}, not {dtype} {shape}")


def shape_of(checkpoint, module):
    """[N, K] of a linear, from its weight or from the shape that is stored with packed words."""
    if module + ".weight_shape" in checkpoint:
        return [int(size) for size in checkpoint.read(module + ".weight_shape")]
    return checkpoint.row(module + ".weight")["shape"]


# ---- kernels

def rank_shape(layer, machine):
    """[N, K] of one rank."""
    split_columns = layer.class_name == "RowParallelLinear"
    size = layer.columns if split_columns else layer.rows
    if size % machine.ranks != 0:
        raise Refusal(f"{size} does not split between {machine.ranks} ranks")
    part = size // machine.ranks
    return (layer.rows, part) if split_columns else (part, layer.columns)


def marlin_fits(rows, columns, machine):
    return machine.pads or (rows % 64 == 0 and columns % 128 == 0)


def word_kernel(weights, rows, columns, machine):
    """Kernels for packed weights and float activations, in vLLM's order."""
    bits, symmetric = weights["num_bits"], weights["symmetric"]
    size = weights["group_size"] if weights["strategy"] == "group" else -1
    if size > 0 and columns % size != 0:
        raise Refusal(f"{columns} input columns a rank are no whole number of groups of {size}")
    if machine.sm == 90 and bits in (4, 8) and size in (-1, 64, 128) and columns % 64 == 0 and rows % 128 == 0:
        return "Machete"
    marlin_type = bits in (4, 8) if symmetric else bits == 4
    if machine.sm >= 75 and marlin_type and size in (-1, 32, 64, 128) and marlin_fits(rows, columns, machine):
        return "Marlin"
    if machine.float16 and bits in (4, 8) and symmetric and size > 0 and rows % (32 // bits) == 0:
        return "Exllama"
    kind, spread = "symmetric" if symmetric else "asymmetric", "one scale a row" if size < 0 else f"groups of {size}"
    raise Refusal(f"no kernel takes {bits}-bit {kind} weights, {spread}, {rows} x {columns} a rank, on SM {machine.sm}")


def kernel_of(scheme, weights, rows, columns, machine):
    if scheme == "WNA16":
        return word_kernel(weights, rows, columns, machine)
    if scheme == "W8A16Fp8":
        if machine.sm < 75 or not marlin_fits(rows, columns, machine):
            raise Refusal(f"no kernel takes E4M3 weights of {rows} x {columns} a rank on SM {machine.sm}")
        return "Marlin fp8, inputs not quantized"
    number = "int8" if scheme == "W8A8Int8" else "fp8"
    return f"{'CUTLASS' if rows % 16 == 0 and columns % 16 == 0 else 'Triton'} {number}"


# ---- the whole

def linears(checkpoint):
    """The modules that hold a matrix and are neither an embedding nor the head."""
    modules = set()
    for name in checkpoint.home:
        module, _, tensor = name.rpartition(".")
        plain = tensor == "weight" and len(checkpoint.row(name)["shape"]) == 2
        if (plain or tensor == "weight_packed") and not re.search(r"(^|\.)(embed_tokens|tok_embeddings|lm_head|output|position_embedding)$", module):
            modules.add(module)
    return sorted(modules)


def layers_of(checkpoint, mapper):
    """The checkpoint's linears as vLLM's layers."""
    layers = {}
    for module in linears(checkpoint):
        name = mapped(module, mapper)
        parent, _, leaf = name.rpartition(".")
        fused = next((whole for whole, parts in FUSED.items() if leaf in parts), leaf)
        layer = layers.setdefault(f"{parent}.{fused}", Layer(f"{parent}.{fused}"))
        rows, columns = shape_of(checkpoint, module)
        layer.modules.append(module)
        layer.rows, layer.columns = layer.rows + rows, columns
    return list(layers.values())


def judge_layer(checkpoint, layer, quantization, machine):
    """The kernel of one layer; throws Refusal."""
    rows, columns = rank_shape(layer, machine)
    if ignored(layer.name, quantization["ignore"]):
        for module in layer.modules:
            check_tensors(checkpoint, module, {"weight": (None, list(shape_of(checkpoint, module)))})
        return "float"
    group = group_of(layer, quantization["groups"])
    layout = group.get("format") or quantization["format"]
    scheme = scheme_of(group["weights"], group["input_activations"], layout, machine)
    for module in layer.modules:
        check_tensors(checkpoint, module, allocated(scheme, group["weights"], *shape_of(checkpoint, module)))
    return kernel_of(scheme, group["weights"], rows, columns, machine)


def judge(directory, machine=Machine()):
    """A verdict for each layer of a directory."""
    checkpoint = Checkpoint(directory)
    family = checkpoint.config["model_type"]
    if family not in MAPPERS:
        raise SystemExit(f"{directory}: how vLLM names the modules of {family} is not known here")
    mapper, config = MAPPERS[family], checkpoint.config.get("quantization_config")
    if config is None:
        return [Verdict(layer.name, kernel="float") for layer in layers_of(checkpoint, mapper)]
    groups = [{**group, "targets": [mapped(entry, mapper) for entry in group["targets"]]}
              for group in config["config_groups"].values()]
    quantization = {"format": config["format"], "groups": groups,
                    "ignore": [mapped(entry, mapper) for entry in config["ignore"]]}
    verdicts = []
    for layer in layers_of(checkpoint, mapper):
        try:
            verdicts.append(Verdict(layer.name, kernel=judge_layer(checkpoint, layer, quantization, machine)))
        except Refusal as refusal:
            verdicts.append(Verdict(layer.name, refusal=str(refusal)))
    return verdicts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory")
    parser.add_argument("--sm", type=int, default=80, help="compute capability: 75, 80, 89, 90")
    parser.add_argument("--tp", type=int, default=1, help="ranks of tensor parallelism")
    parser.add_argument("--float16", action="store_true", help="activations in FP16 instead of BF16")
    parser.add_argument("--strict", action="store_true", help="vLLM from before Marlin padded odd tiles")
    options = parser.parse_args()
    verdicts = judge(options.directory, Machine(options.sm, options.tp, options.float16, not options.strict))
    for verdict in verdicts:
        print(f"{verdict.layer}  {verdict.kernel or 'refused: ' + verdict.refusal}")
    return 1 if any(verdict.refusal for verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
