#!/usr/bin/env python3
"""Writes tests/goldens/tiny-llava: a random checkpoint in the llava-hf layout and what transformers makes of it.

    python3 tools/make_llava_goldens.py tests/goldens/tiny-llava tests/goldens/images

Needs torch, transformers (4.57: its slow CLIPImageProcessor is the reference for pixels), tokenizers, safetensors, Pillow.
Weights are normal with the spreads below, from a fixed seed, in bfloat16; the tokenizer (blanks made visible, bytes for
what it lacks) is trained on the sentences below. All tensors of case-NN.safetensors are computed in float32.
"""

import json
import sys
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, trainers
from transformers import CLIPImageProcessor, LlavaConfig, LlavaForConditionalGeneration

SENTENCES = [
    "USER: What is written in the image? ASSISTANT: The sign says closed on Mondays.",
    "USER: What color is the circle? ASSISTANT: The circle is red.",
    "USER: Read line 1. ASSISTANT: Total 42.",
    "USER: How many squares are there in the image? ASSISTANT: There are three squares.",
    "USER: What is the difference between the images? ASSISTANT: The second image shows a green triangle.",
    "USER: What is the value of the tax? ASSISTANT: The value is 67.",
]
CASES = [
    (["scene-112.png"], "What is written in the image?"),
    (["scene-84x140.png"], "What color is the circle?"),
    (["jpeg-baseline-422-odd.jpg"], "Read line 1, please: déjà vu?"),
    (["tall-61x333.png"], "How many squares are there?"),
    (["scene-112.png", "jpeg-optimized-restart.jpg"], "What is the difference?"),
    ([], "How many triangles are there?"),
]
IMAGE_TOKEN = "<image>"
VOCABULARY = 448  # of the tables; the tokenizer ends before

CONFIG = {
    "architectures": ["LlavaForConditionalGeneration"],
    "model_type": "llava",
    "ignore_index": -100,
    "projector_hidden_act": "gelu",
    "vision_feature_layer": -2,
    "vision_feature_select_strategy": "default",
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
    # rope_theta and num_key_value_heads are left to their defaults, as in published files.
    "text_config": {"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
                    "num_attention_heads": 4, "rms_norm_eps": 1e-5, "vocab_size": VOCABULARY,
                    "max_position_embeddings": 512},
    "vision_config": {"model_type": "clip_vision_model", "hidden_size": 48, "intermediate_size": 96,
                      "num_hidden_layers": 3, "num_attention_heads": 3, "image_size": 56, "patch_size": 14,
                      "projection_dim": 48},
}
PREPROCESSOR = {
    "image_processor_type": "CLIPImageProcessor", "do_resize": True, "size": {"shortest_edge": 56}, "resample": 3,
    "do_center_crop": True, "crop_size": {"height": 56, "width": 56}, "do_convert_rgb": True, "do_rescale": True,
    "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}
# Names in memory (transformers since 4.52) and as published.
PUBLISHED = [("model.language_model.", "language_model.model."), ("lm_head.", "language_model.lm_head."), ("model.", "")]


def tokenizer_json():
    """A tokenizer in the style of Llama's: three specials, 256 bytes, then what training finds."""
    trained = Tokenizer(models.BPE())
    trained.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    trained.train_from_iterator(SENTENCES, trainers.BpeTrainer(vocab_size=170, show_progress=False))
    model = json.loads(trained.to_str())["model"]
    pieces = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    pieces += sorted(model["vocab"], key=model["vocab"].get)
    special = ["<unk>", "<s>", "</s>", IMAGE_TOKEN, "<pad>"]
    ids = {piece: i for i, piece in enumerate(pieces)}
    ids.update({IMAGE_TOKEN: len(pieces), "<pad>": len(pieces) + 1})
    start = {"SpecialToken": {"id": "<s>", "type_id": 0}}
    sequence = {"Sequence": {"id": "A", "type_id": 0}}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": ids[token], "content": token, "single_word": False, "lstrip": False, "rstrip": False,
                          "normalized": False, "special": True} for token in special],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
        "pre_tokenizer": None,
        "post_processor": {"type": "TemplateProcessing", "single": [start, sequence], "pair": [start, sequence],
                           "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
            {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
                  "vocab": {piece: i for i, piece in enumerate(pieces)}, "merges": model["merges"]},
    }


def randomize(model, seed):
    """Norm gains about 1, biases and tables about 0, matrices scaled so that every layer matters."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if "norm" in name and name.endswith("weight"):
            value = 1 + 0.2 * noise
        elif parameter.dim() == 1 or "embed" in name and "patch" not in name:
            value = 0.3 * noise
        else:
            value = noise * 1.2 / parameter[0].numel() ** 0.5
        parameter.data = value.to(torch.bfloat16).float()
    return model


def published(name):
    for inside, outside in PUBLISHED:
        if name.startswith(inside):
            return outside + name[len(inside):]
    return name


def first_output(value):
    return value[0] if isinstance(value, tuple) else value


def hooks_of(model, seen):
    """Records the tensors that name each stage."""
    def record(name):
        return lambda module, inputs, output: seen.update({name: first_output(output).detach()})
    inner = model.model
    tower = getattr(inner.vision_tower, "vision_model", inner.vision_tower)
    tower.pre_layrnorm.register_forward_hook(record("vision.patch_embed"))
    for i, layer in enumerate(tower.encoder.layers):
        layer.register_forward_hook(record(f"vision.block.{i}"))
    inner.multi_modal_projector.register_forward_hook(record("image_features"))
    for i, layer in enumerate(inner.language_model.layers):
        layer.register_forward_hook(record(f"language.block.{i}"))
    inner.language_model.norm.register_forward_hook(record("language.norm"))
    inner.language_model.layers[0].register_forward_pre_hook(
        lambda module, args, kwargs: seen.update({"language.embeds": (args[0] if args else kwargs["hidden_states"]).detach()}),
        with_kwargs=True)


def run_case(model, tokenizer, processor, images, pictures, question):
    tokens = IMAGE_TOKEN * 16
    prompt = "USER: " + f"{tokens}\n" * len(pictures) + question + " ASSISTANT:"
    ids = torch.tensor([tokenizer.encode(prompt).ids])
    tensors = {"input_ids": ids, "position_ids": torch.arange(ids.shape[1]).unsqueeze(0)}
    inputs = {"input_ids": ids}
    if pictures:
        opened = [Image.open(images / name).convert("RGB") for name in pictures]
        inputs["pixel_values"] = processor(opened, return_tensors="pt")["pixel_values"]
        tensors["pixel_values"] = inputs["pixel_values"]
    with torch.no_grad():
        tensors["logits"] = model(**inputs).logits
    return prompt, tensors


def main():
    out, images = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    words = tokenizer_json()
    config = dict(CONFIG, image_token_index=next(t["id"] for t in words["added_tokens"] if t["content"] == IMAGE_TOKEN),
                  pad_token_id=next(t["id"] for t in words["added_tokens"] if t["content"] == "<pad>"))
    (out / "tokenizer.json").write_text(json.dumps(words, indent=1, ensure_ascii=False) + "\n")
    for name, value in [("config", config), ("preprocessor_config", PREPROCESSOR),
                        ("tokenizer_config", {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>",
                                              "unk_token": "<unk>", "pad_token": "<pad>", "add_bos_token": True,
                                              "add_eos_token": False, "legacy": False})]:
        (out / f"{name}.json").write_text(json.dumps(value, indent=2) + "\n")
    torch.manual_seed(0)
    model = randomize(LlavaForConditionalGeneration._from_config(LlavaConfig(**config), attn_implementation="eager"), 15)
    model = model.float().eval()
    save_file({published(name): value.to(torch.bfloat16).contiguous() for name, value in model.state_dict().items()},
              out / "model.safetensors", metadata={"format": "pt"})
    tokenizer = Tokenizer.from_file(str(out / "tokenizer.json"))
    processor = CLIPImageProcessor(**{k: v for k, v in PREPROCESSOR.items() if k != "image_processor_type"})
    seen, cases = {}, []
    hooks_of(model, seen)
    for number, (pictures, question) in enumerate(CASES):
        prompt, tensors = run_case(model, tokenizer, processor, images, pictures, question)
        if number == 0:
            tensors.update(seen)
        save_file({name: value.contiguous() for name, value in tensors.items()}, out / f"case-{number:02}.safetensors")
        cases.append({"case": number, "images": pictures, "question": question, "prompt": prompt})
    (out / "cases.json").write_text(json.dumps(cases, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
