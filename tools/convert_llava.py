#!/usr/bin/env python3
"""Turns LLaVA-1.5 as its authors published it into the llava-hf layout, as safetensors.

    python3 tools/convert_llava.py LIUHAOTIAN_DIR CLIP_DIR OUT_DIR

Needs torch and safetensors. LIUHAOTIAN_DIR holds a flat config.json ("mm_vision_tower", ...), pytorch_model*.bin (or
safetensors) and the tokenizer; CLIP_DIR is the folder of the tower that its config names, such as
openai/clip-vit-large-patch14-336. Pickled files are read with weights_only=True: nothing in them is executed. OUT_DIR must
not exist yet.

What changes: tensors get the names of the llava-hf layout; the tower is copied from CLIP_DIR unless the checkpoint brings
its own (then it was trained); the vocabulary grows by <image> and <pad> and is padded to a multiple of 64 with the mean of
its rows; pictures are padded to a square of the mean color, as the original does (image_aspect_ratio "pad").
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

SHARD_BYTES = 5_000_000_000
PAD_TO = 64
ADDED = ["<image>", "<pad>"]

# The first prefix that fits; longer ones stand first.
NAMES = [("model.vision_tower.vision_tower.vision_model.", "vision_tower.vision_model."),
         ("model.mm_projector.0.", "multi_modal_projector.linear_1."),
         ("model.mm_projector.2.", "multi_modal_projector.linear_2."),
         ("lm_head.", "language_model.lm_head."),
         ("model.", "language_model.model.")]
SKIPPED = ("rotary_emb.inv_freq", "position_ids", "image_newline")
TABLES = ("language_model.model.embed_tokens.weight", "language_model.lm_head.weight")
TEXT_KEYS = ["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
             "rms_norm_eps", "max_position_embeddings", "rope_theta", "rope_scaling", "hidden_act", "attention_bias"]


class Refusal(Exception):
    """What cannot be converted, in one sentence."""


def read_json(path):
    if not path.is_file():
        raise Refusal(f"{path} is missing")
    return json.loads(path.read_text())


def weight_files(folder, stem):
    """The files of one checkpoint: safetensors if there are any, else pickled ones."""
    found = sorted(folder.glob("model*.safetensors")) or sorted(folder.glob(stem))
    if not found:
        raise Refusal(f"{folder} holds neither safetensors nor {stem}")
    return found


def tensors_of(path):
    """Names and tensors of one file, one at a time."""
    if path.suffix == ".safetensors":
        with safe_open(path, "pt") as source:
            for name in source.keys():
                yield name, source.get_tensor(name)
    else:
        yield from torch.load(path, map_location="cpu", weights_only=True, mmap=True).items()


def new_name(name):
    """The name in the llava-hf layout; None for what that layout does not hold."""
    if name.endswith(SKIPPED):
        return None
    for old, new in NAMES:
        if name.startswith(old):
            return new + name[len(old):]
    raise Refusal(f"tensor {name} is unknown in this layout")


def grown(table, rows):
    """The table with rows of its mean behind it."""
    mean = table.float().mean(0, keepdim=True).to(table.dtype)
    return torch.cat([table, mean.expand(rows - table.shape[0], -1)])


def language_tensors(folder, rows):
    for path in weight_files(folder, "pytorch_model*.bin"):
        for name, tensor in tensors_of(path):
            name = new_name(name)
            if name is not None:
                yield name, grown(tensor, rows) if name in TABLES else tensor


def tower_tensors(folder):
    for path in weight_files(folder, "pytorch_model.bin"):
        for name, tensor in tensors_of(path):
            if name.startswith("vision_model.") and not name.endswith(SKIPPED):
                yield "vision_tower." + name, tensor


class Writer:
    """Collects tensors into shards of at most SHARD_BYTES and writes their index."""

    def __init__(self, folder, dtype):
        self.folder, self.dtype, self.shards, self.open, self.bytes = folder, dtype, [], {}, 0
        self.names = set()

    def add(self, name, tensor):
        tensor = tensor.to(self.dtype).contiguous().clone()
        size = tensor.numel() * tensor.element_size()
        if self.open and self.bytes + size > SHARD_BYTES:
            self.flush()
        self.open[name], self.bytes = tensor, self.bytes + size
        self.names.add(name)

    def flush(self):
        path = self.folder / f"part-{len(self.shards):05}.safetensors"
        save_file(self.open, path, metadata={"format": "pt"})
        self.shards.append((path, sorted(self.open), self.bytes))
        self.open, self.bytes = {}, 0

    def finish(self):
        self.flush()
        index = {"metadata": {"total_size": sum(size for _, _, size in self.shards)}, "weight_map": {}}
        for i, (path, names, _) in enumerate(self.shards, 1):
            name = f"model-{i:05}-of-{len(self.shards):05}.safetensors"
            path.rename(self.folder / name)
            index["weight_map"].update({tensor: name for tensor in names})
        (self.folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2, sort_keys=True) + "\n")


def check_config(config):
    """Refuses what is no LLaVA-1.5."""
    expected = {"mm_projector_type": "mlp2x_gelu", "mm_use_im_start_end": False, "mm_use_im_patch_token": False}
    for key, value in expected.items():
        if config.get(key, value) != value:
            raise Refusal(f"config.json: {key} is {config[key]!r}, LLaVA-1.5 has {value!r}")
    if "mm_vision_tower" not in config:
        raise Refusal("config.json: mm_vision_tower is missing; is this the original layout?")


def new_config(config, tower, rows):
    vision = dict(tower.get("vision_config") or tower)
    vision["model_type"] = "clip_vision_model"
    keep = ["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "image_size", "patch_size",
            "hidden_act", "layer_norm_eps", "projection_dim", "model_type"]
    text = {key: config[key] for key in TEXT_KEYS if config.get(key) is not None}
    return {
        "architectures": ["LlavaForConditionalGeneration"], "model_type": "llava", "ignore_index": -100,
        "image_token_index": config["vocab_size"], "pad_token_id": config["vocab_size"] + 1,
        "projector_hidden_act": "gelu", "tie_word_embeddings": False,
        "torch_dtype": config.get("torch_dtype", "float16"),
        "vision_feature_layer": config.get("mm_vision_select_layer", -2),
        "vision_feature_select_strategy": "full" if config.get("mm_vision_select_feature") == "cls_patch" else "default",
        "text_config": {"model_type": "llama", **text, "vocab_size": rows},
        "vision_config": {key: vision[key] for key in keep if vision.get(key) is not None},
    }


def new_preprocessor(original, config, side):
    """The tower's own numbers; the original pads pictures to squares unless its config says otherwise."""
    pads = config.get("image_aspect_ratio", "pad") == "pad"
    return {**original, "image_processor_type": "LlavaImageProcessor", "do_pad": pads, "do_resize": True,
            "size": {"shortest_edge": side}, "do_center_crop": True, "crop_size": {"height": side, "width": side},
            "resample": 3, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "do_convert_rgb": True}


def copy_tokenizer(source, out, first):
    """tokenizer.model and its config with the two tokens added."""
    for name in ("tokenizer.model", "tokenizer.json", "special_tokens_map.json", "tokenizer_config.json"):
        if (source / name).is_file():
            shutil.copy(source / name, out / name)
    added = {token: first + i for i, token in enumerate(ADDED)}
    (out / "added_tokens.json").write_text(json.dumps(added) + "\n")
    row = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    rows = {str(number): {"content": token, **row} for token, number in added.items()}
    path = out / "tokenizer_config.json"
    settings = json.loads(path.read_text()) if path.is_file() else {"tokenizer_class": "LlamaTokenizer"}
    specials = {str(i): {"content": token, **row} for i, token in enumerate(["<unk>", "<s>", "</s>"])}
    settings["added_tokens_decoder"] = {**specials, **settings.get("added_tokens_decoder", {}), **rows}
    settings["pad_token"] = "<pad>"
    path.write_text(json.dumps(settings, indent=2) + "\n")
    path = out / "tokenizer.json"
    if path.is_file():
        whole = json.loads(path.read_text())
        whole["added_tokens"] += [{"id": number, "content": token, **row} for token, number in added.items()]
        path.write_text(json.dumps(whole, ensure_ascii=False) + "\n")


def convert(source, clip, out):
    config, tower = read_json(source / "config.json"), read_json(clip / "config.json")
    check_config(config)
    words = config["vocab_size"]
    rows = -(-(words + len(ADDED)) // PAD_TO) * PAD_TO
    result = new_config(config, tower, rows)
    out.mkdir(parents=True)
    dtype = getattr(torch, result["torch_dtype"])
    writer = Writer(out, dtype)
    for name, tensor in language_tensors(source, rows):
        writer.add(name, tensor)
    if not any(name.startswith("vision_tower.") for name in writer.names):
        for name, tensor in tower_tensors(clip):
            writer.add(name, tensor)
    if not any(name.startswith("multi_modal_projector.") for name in writer.names):
        raise Refusal(f"{source}: no mm_projector among its tensors; is this a projector or a LoRA without its base?")
    writer.finish()
    preprocessor = clip / "preprocessor_config.json"
    original = json.loads(preprocessor.read_text()) if preprocessor.is_file() else {}
    for name, value in [("config", result),
                        ("preprocessor_config", new_preprocessor(original, config, result["vision_config"]["image_size"])),
                        ("processor_config", {"processor_class": "LlavaProcessor", "image_token": ADDED[0],
                                              "patch_size": result["vision_config"]["patch_size"],
                                              "num_additional_image_tokens": 1, "vision_feature_select_strategy":
                                              result["vision_feature_select_strategy"]})]:
        (out / f"{name}.json").write_text(json.dumps(value, indent=2) + "\n")
    copy_tokenizer(source, out, words)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, what in [("source", "LLaVA in the original layout"), ("clip", "its CLIP tower"), ("out", "a new folder")]:
        parser.add_argument(name, type=Path, help=what)
    options = parser.parse_args()
    try:
        convert(options.source, options.clip, options.out)
    except (Refusal, FileExistsError) as refusal:
        sys.exit(f"convert_llava: {refusal}")


if __name__ == "__main__":
    main()
